"""The last part of fsck: every destruction on the log held against what custody had read when it marked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from services.cli.operations.comparing import DIFFERENT, Line
from services.kernel.binding import PolicyBinding
from services.kernel.lawful import FIRST, Broken, Judge, Promise
from services.kernel.policy import Pack
from services.kernel.protection import OutOfOrder
from services.kernel.simulation import PackMissing
from services.runtime.codec import Codec
from services.runtime.kafka_read import read_to_end, watermarks
from services.runtime.kept_packs import KeptPacks
from services.runtime.packs import folder_digest, load_pack, pack_folders
from services.runtime.received import Received
from services.runtime.registry import open_registry
from services.runtime.settings import Settings

FOOTAGE: Final = "segment.events"
KEPT: Final = "kept"
NAMED_MAX: Final = 20


def lawfulness(settings: Settings) -> list[Line]:
    """Return a line for every promise; a broken one names the segments, the first twenty of them.

    Raises what ``read_to_end`` raises. Without the files of a version that bound, nothing can be judged: a fault.
    """
    codec, judge = Codec(open_registry(settings)), Judge(packs_of(settings))
    # Its end first: whatever a mark had read of the other topics then stands before theirs.
    ends = {partition: end for partition, (_, end) in watermarks(settings, [FOOTAGE])[FOOTAGE].items()}
    found: dict[Promise, list[Broken]] = {promise: [] for promise in Promise}
    try:
        for topic in FIRST:
            for record in _decoded(settings, topic, codec):
                judge.known.apply(record.recorded)
        for record in _decoded(settings, FOOTAGE, codec, ends):
            for broken in judge.judge(record.recorded):
                found[broken.promise].append(broken)
    except (PackMissing, OutOfOrder) as unjudged:
        return [_line(promise, judge.judged[promise], f"can't be judged: {unjudged}") for promise in Promise]
    return [_line(promise, judge.judged[promise], _named(broken)) for promise, broken in found.items()]


def packs_of(settings: Settings) -> Callable[[PolicyBinding], Pack | None]:
    """Return how a version is found by its digest: in access' home, among those on offer, else by asking access."""
    folders = (settings.home / "access" / "policies").glob("*/*/policy.yaml")
    found = (*(file.parent for file in folders), *pack_folders(settings.policies))
    paths = {folder_digest(path): path for path in found}
    loaded: dict[str, Pack | None] = {}

    def find(binding: PolicyBinding) -> Pack | None:
        if binding.digest not in loaded:
            path = paths.get(binding.digest)
            loaded[binding.digest] = load_pack(path) if path is not None else _asked(settings, binding)
        return loaded[binding.digest]

    return find


def _asked(settings: Settings, binding: PolicyBinding) -> Pack | None:
    # A Job of a cluster has no part in access' volume: only one node may mount it.
    with TemporaryDirectory() as kept:
        packs = KeptPacks(settings.policies, Path(kept))
        asyncio.run(packs.fetch(settings, [binding]))
        return packs.version(binding.policy_id, binding.version, binding.digest)


def _decoded(settings: Settings, topic: str, codec: Codec, ends: dict[int, int] | None = None) -> Iterator[Received]:
    # What can't be decoded is a dead letter's matter; a hole that it leaves in the protection log stops the judge.
    for record in read_to_end(settings, topic, codec, until=ends):
        if isinstance(record, Received):
            yield record


def _named(broken: list[Broken]) -> str:
    told = [
        f"{each.segment.camera_id} {each.segment.started_at.isoformat()} generation {each.segment.generation}, "
        f"marked {each.at.isoformat()}: {each.why}"
        for each in broken[:NAMED_MAX]
    ]
    more = [f"and {len(broken) - NAMED_MAX} more"] if len(broken) > NAMED_MAX else []
    return "; ".join([*told, *more])


def _line(promise: Promise, judged: int, fault: str) -> Line:
    return Line(
        service="log",
        table=promise,
        kind="promise",
        rows=judged,
        digest="",
        verdict=DIFFERENT if fault else KEPT,
        fault=fault,
    )
