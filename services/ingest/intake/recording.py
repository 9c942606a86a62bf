"""The last step in: catalogue row and SegmentRecorded in one transaction. Also for what a crash left half-way."""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.catalog import store as catalog
from services.ingest.catalog.footage import Footage
from services.ingest.custody import gate
from services.ingest.intake import decider, gaps, store
from services.ingest.intake.commands import Came, Outcome
from services.ingest.intake.decider import Accept, Case, Known
from services.ingest.ledger import Because, Ledger
from services.ingest.media.found import Probe
from services.ingest.plain import plain
from services.ingest.policy import folder
from services.ingest.projector import key_row
from services.ingest.storage.adapter import Location
from services.ingest.storage.naming import checked
from services.kernel.batches import SegmentKey
from services.kernel.envelope import Actor
from services.kernel.events import CameraKind, SegmentRecorded, Sha256
from services.kernel.ids import micros, segment_stream
from services.runtime.database import db_now

SUFFIXES = {"mov,mp4,m4a,3gp,3g2,mj2": ".mp4", "matroska,webm": ".mkv", "mpegts": ".ts", "mpeg": ".mpg"}
INSTANTS = ("started_at", "ended_at", "arrived_at", "recovery_from")


def event(case: Case, accept: Accept, *, generation: int, sha256: str, size: int, mask: str) -> SegmentRecorded:
    """Return the event that will be recorded, its location chosen: used once, by this upload alone (F10)."""
    assert isinstance(case.found, Probe)
    probe, command = case.found, case.command
    assert case.camera is not None
    return SegmentRecorded(
        camera_id=command.camera_id,
        started_at=accept.started_at,
        ended_at=accept.ended_at,
        generation=generation,
        retention_class=case.camera.kind,
        size_bytes=size,
        sha256=Sha256(bytes.fromhex(sha256)),
        container=probe.container,
        codec=probe.codec,
        width=probe.width,
        height=probe.height,
        has_audio=probe.has_audio and not accept.strip_audio,
        clock_source=accept.clock_source,
        source_id=command.source_id,
        arrived_at=case.now,
        recovery_from=accept.recovery_from,
        treatment="audio_removed" if accept.strip_audio else "",
        location=_location(case, accept, generation),
        shift=accept.shift,
        officer=accept.officer,
        mask_version=mask,
    )


def _location(case: Case, accept: Accept, generation: int) -> str:
    assert isinstance(case.found, Probe)
    assert case.by is not None
    camera = case.command.camera_id
    values = {"camera": camera, "device": camera, "shift": accept.shift, "officer": accept.officer}
    values["segment"] = str(micros(accept.started_at))
    path = folder(case.by.pack, accept.started_at, values)
    suffix = SUFFIXES.get(case.found.container, f".{case.found.container.split(',')[0]}")
    return checked(f"{path}_g{generation}_{secrets.token_hex(6)}{suffix}")


def place(recorded: SegmentRecorded) -> Location:
    """Return where an event says that its bytes lie."""
    return Location(str(PurePosixPath(recorded.location)))


def to_json(recorded: SegmentRecorded, case: Case, actor: Actor) -> dict[str, Any]:
    """Return all that a later process needs to finish this intake, as the journal keeps it."""
    body = plain(recorded)
    assert isinstance(body, dict)
    assert case.camera is not None
    who = {"id": actor.id, "role": actor.role, "agency": actor.agency}
    reference = case.by.pack.reference if case.by else ""
    own = case.camera.kind == CameraKind.FIXED and recorded.clock_source != "attested"
    return {"event": body, "actor": who, "policy": reference, "looks_for_gaps": own}


def from_json(body: dict[str, Any]) -> SegmentRecorded:
    """Read what ``to_json`` wrote."""
    values = dict(body["event"])
    for name in INSTANTS:
        values[name] = datetime.fromisoformat(values[name])
    return SegmentRecorded(**values | {"sha256": Sha256(bytes.fromhex(values["sha256"]))})


async def commit(tx: AsyncConnection, ledger: Ledger, pending: store.Pending, *, replicate: bool) -> Outcome:
    """Write SegmentRecorded and its rows and forget the journal's row, unless the same start was taken meanwhile."""
    recorded = from_json(pending.segment)
    await store.lock_start(tx, recorded.camera_id, micros(recorded.started_at))
    if not await store.finish(tx, pending.intake_id):
        return Outcome(came=Came.REFUSED, refusal="TookTooLong", explanation="given up meanwhile: hand it over again")
    generations = await catalog.starting_at(tx, recorded.camera_id, recorded.started_at)
    match decider.identify(generations, bytes(recorded.sha256)):
        case int() as generation if generation == recorded.generation:
            await _write(tx, ledger, pending, recorded, replicate=replicate)
            return _outcome(Came.RECORDED, recorded)
        case Known(footage=had) if had.location == recorded.location:
            # A restored database has the journal's row again, and the footage itself back from the log.
            return _outcome(Came.RECORDED, recorded)
        case _:
            # These bytes are nobody's: the row stays, and the reconcile takes them away.
            await store.begin(tx, pending.intake_id, pending.location, pending.segment)
            return _beaten(generations, recorded)


def _beaten(generations: list[Footage], recorded: SegmentRecorded) -> Outcome:
    """Another intake of the same start was quicker."""
    match decider.identify(generations, bytes(recorded.sha256)):
        case Known():
            return _outcome(Came.ALREADY_HAVE, recorded)
        case _:
            return Outcome(
                came=Came.REFUSED,
                refusal="OtherBytesKnown",
                explanation="other footage of this start came in at the same moment; nothing was overwritten",
                remedy="Hand the file over again.",
            )


async def _write(
    tx: AsyncConnection, ledger: Ledger, pending: store.Pending, recorded: SegmentRecorded, *, replicate: bool
) -> None:
    if pending.segment["looks_for_gaps"]:
        await gaps.before(tx, ledger, recorded.camera_id, recorded.started_at)
    await gate.arriving(tx)
    because = Because(
        actor=Actor(**pending.segment["actor"]),
        at=await db_now(tx),
        occurred_at=recorded.ended_at,
        policy_version=pending.segment["policy"],
    )
    stream = segment_stream(recorded.camera_id, recorded.started_at, recorded.generation)
    await ledger.append(tx, recorded, stream_id=stream, key=recorded.camera_id, because=because, version=1)
    if replicate:
        await store.replicate_later(tx, key_row(_key(recorded)))


def _outcome(came: Came, recorded: SegmentRecorded) -> Outcome:
    return Outcome(
        came=came,
        key=_key(recorded),
        sha256=bytes(recorded.sha256).hex(),
        size_bytes=recorded.size_bytes,
        treatment=recorded.treatment,
    )


def _key(recorded: SegmentRecorded) -> SegmentKey:
    return SegmentKey(camera_id=recorded.camera_id, started_at=recorded.started_at, generation=recorded.generation)
