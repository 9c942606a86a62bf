"""Is a proof a proof? Asked of the kernel's own checks; this only tells which of them fits, and shows their way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.access.refusals import Unusable
from services.kernel.certificate import FORMAT, verify
from services.kernel.certificate.evidence import WITHHELD, Unproven, proven
from services.kernel.merkle import leaf_hash, trail
from services.kernel.policy import Pack

CERTIFICATE: Final = "certificate"
PROOF: Final = "proof"
RECEIPT: Final = "receipt"
LOG: Final = ("origin", "size", "root", "entries")
OF_A_RECEIPT: Final = ("camera_id", "started_at", "generation", "batch_id", "destroyed_at", "answers")
DEPTH_MAX: Final = 64
ENTRIES_SHOWN: Final = 10
MALFORMED: Final = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One entry's way to the root: its leaf, then each hash beside it and what both make; the last is the root."""

    index: int
    event_type: str
    event_id: str
    leaf: str
    steps: tuple[tuple[str, str], ...]
    fits: bool

    @property
    def root(self) -> str:
        return self.steps[-1][1] if self.steps else self.leaf


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The log that a proof names: its size and root, and the ways to it that are shown, of how many."""

    origin: str
    size: int
    root: str
    ways: tuple[Way, ...]
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The outcome: valid without faults, and what was and wasn't looked at."""

    kind: str
    faults: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    logs: tuple[Mapping[str, Any], ...] = ()

    @property
    def valid(self) -> bool:
        return not self.faults

    def with_faults(self, more: Sequence[str]) -> Judged:
        """Return the outcome with what else is wrong."""
        return replace(self, faults=(*self.faults, *more))


def read(content: bytes) -> tuple[str, dict[str, Any]]:
    """Return what kind of proof some bytes are, and what they say. Raises Unusable where they are none."""
    if not content.strip():
        raise _unusable("NothingToVerify", "neither a file nor any text was given")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _unusable("NotJson", f"it isn't JSON: {type(error).__name__}") from error
    kind = _kind(document)
    if not kind:
        raise _unusable("NoProof", "it is JSON, and neither a certificate nor a proof nor a receipt")
    if kind == RECEIPT and "receipts" in document:
        (document,) = document["receipts"]
    return kind, document


def _kind(document: object) -> str:
    match document:
        case {"format": said} if said == FORMAT:
            return CERTIFICATE
        case {"extracts": [*_]} | {"origin": _, "size": _, "root": _, "entries": [*_]}:
            return PROOF
        case {"receipts": [{"batch_id": _, "destroyed_at": _}]}:
            return RECEIPT
        case dict() if all(name in document for name in OF_A_RECEIPT):
            return RECEIPT
    return ""


def certificate(content: bytes, document: Mapping[str, Any], root: str, packs: Mapping[str, Pack]) -> Judged:
    """Check a certificate's exact bytes, by the check that ``camledger deletion verify`` runs."""
    found = verify(content, root=root, packs=packs)
    logs = (document["log"],) if isinstance(document.get("log"), dict) else ()
    return Judged(
        kind=CERTIFICATE,
        faults=found.faults,
        remarks=found.remarks,
        unchecked=found.unchecked,
        checkpoints=tuple(_checkpoints(logs)),
        logs=logs,
    )


def proof(document: Mapping[str, Any], root: str) -> Judged:
    """Check an inclusion proof, or the extracts of a bundle: every entry has to lead to the root beside it."""
    logs = tuple(document["extracts"]) if "extracts" in document else (document,)
    faults = [fault for log in logs for fault in _unproven(log)]
    if not any(isinstance(log, dict) and log.get("entries") for log in logs):
        faults.append("it proves nothing: there is no entry in it")
    named = {log["root"] for log in logs if isinstance(log, dict) and "root" in log}
    if root and root.lower() not in named:
        faults.append(
            f"the log's root is {', '.join(sorted(map(str, named)))} here and {root.lower()} where you looked"
        )
    absent = document.get("absent") or ()
    unchecked = tuple(f"event {each}: the log didn't have it yet when this was made" for each in absent)
    return Judged(
        kind=PROOF, faults=tuple(faults), unchecked=unchecked, checkpoints=tuple(_checkpoints(logs)), logs=logs
    )  # fmt: skip


def receipt(document: Mapping[str, Any], certified: Judged, log: Mapping[str, Any]) -> Judged:
    """Hold a receipt against the entry that the certificate of the same footage proves."""
    faults = list(certified.faults)
    try:
        entries = [each.event for each in proven(log).values() if each.type == "SegmentDestroyed"]
        (event,) = [each for each in entries if _same_footage(document, each)]
        faults += _differences(document, event)
    except (Unproven, *MALFORMED):
        faults.append("the log has no entry of this destruction")
    return replace(certified, kind=RECEIPT, faults=tuple(faults))


def _same_footage(document: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    return all(_plain(document[name]) == _plain(event[name]) for name in OF_A_RECEIPT[:3])


def _differences(document: Mapping[str, Any], event: Mapping[str, Any]) -> Iterator[str]:
    for name, told in document.items():
        logged = event.get(name, WITHHELD)
        if logged != WITHHELD and not isinstance(logged, list) and _plain(told) != _plain(logged):
            yield f"{name} is {told!r} here and {logged!r} in the log"


def _plain(value: object) -> object:
    """Instants are written in more than one way; a hash in hex only."""
    if isinstance(value, str) and "T" in value:
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return value or ""


def _unproven(log: Mapping[str, Any]) -> list[str]:
    try:
        proven(log)
    except Unproven as unproven:
        return [str(unproven)]
    except MALFORMED as error:
        return [f"it isn't built as a proof is: {type(error).__name__} {error}"]
    return []


def _checkpoints(logs: Sequence[Mapping[str, Any]]) -> Iterator[Checkpoint]:
    for log in logs:
        try:
            ways = [_way(each, log) for each in log["entries"]]
            size, origin, root = int(log["size"]), str(log["origin"]), str(log["root"])
        except MALFORMED:
            continue
        # What doesn't lead to the root is what one wants to see.
        shown = sorted(ways, key=lambda way: way.fits)[:ENTRIES_SHOWN]
        yield Checkpoint(origin=origin, size=size, root=root, ways=tuple(shown), entries=len(ways))


def _way(each: Mapping[str, Any], log: Mapping[str, Any]) -> Way:
    path = [bytes.fromhex(part) for part in each["path"][:DEPTH_MAX]]
    leaf = leaf_hash(each["entry"].encode())
    nodes = trail(leaf=leaf, index=each["index"], size=log["size"], path=path) if each["index"] < log["size"] else ()
    return Way(
        index=int(each["index"]),
        event_type=str(each["event_type"]),
        event_id=str(each["event_id"]),
        leaf=leaf.hex(),
        steps=tuple((beside.hex(), node.hex()) for beside, node in zip(path, nodes[1:], strict=False)),
        fits=not _unproven({**log, "entries": [each]}),
    )


def events_of(logs: Sequence[Mapping[str, Any]], most: int) -> list[str]:
    """Return the ids of the events that a proof is about."""
    found: list[str] = []
    for log in logs:
        entries = log.get("entries") if isinstance(log, dict) else None
        for each in entries or ():
            identity = str(each.get("event_id", "")) if isinstance(each, dict) else ""
            if _is_uuid(identity):
                found.append(identity)
    return found[:most]


def against(logs: Sequence[Mapping[str, Any]], here: Mapping[str, Any]) -> list[str]:
    """Hold a proof against the log of this installation: the same events have to stand there, word by word."""
    own = {each["event_id"]: each for each in here["entries"]}
    faults = []
    for log in logs:
        for each in log["entries"]:
            known = own.get(each["event_id"])
            if known is None and each["event_id"] in here["absent"]:
                faults.append(f"the log of this installation has no event {each['event_id']}")
            elif known is not None and (known["index"], known["entry"]) != (each["index"], each["entry"]):
                faults.append(f"entry {each['index']} says something else in the log of this installation")
        if log["size"] == here["size"] and log["root"] != here["root"]:
            faults.append(f"the log of this installation has another root at {here['size']} entries")
    return faults


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _unusable(word: str, why: str) -> Unusable:
    return Unusable(
        why,
        rule="console.verify",
        remedy="give a certificate, an inclusion proof or a receipt, as it was handed out",
        word=word,
    )
