"""A certificate made by hand from the events of one destruction: what the composer writes, without a database."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from services.analytics.audit.entry import entry
from services.kernel.certificate import FORMAT, exact, sealed
from services.kernel.envelope import Recorded
from services.kernel.events import SegmentDestroyed, SegmentRecorded
from services.kernel.merkle import inclusion_path, leaf_hash, root_of
from services.kernel.policy import SegmentFacts, interval
from services.kernel.scope import Scope
from tests.fakes.destruction import (
    BATCH,
    CAMERA,
    DAY,
    HELD,
    HELD_UNTIL,
    HOLD,
    PACK,
    destroyed,
    marked_at,
    protections,
    started,
)


def made_out(scope: Scope = HELD, until: datetime = HELD_UNTIL, covers: str = "yes") -> dict[str, Any]:
    """Return a sealed certificate of the first segment, and of the hold that covered it or may have."""
    facts = [*protections(scope, until), *destroyed(0)]
    entries = [entry(fact) for fact in [*facts, *destroyed(1)]]
    leaves = [leaf_hash(each) for each in entries]
    told = [_entry(fact, entries[at], inclusion_path(leaves, at), at) for at, fact in enumerate(facts)]
    log = {"origin": "example.gov/audit", "size": len(leaves), "root": root_of(leaves).hex(), "entries": told}
    subject = {"kind": "segment", "camera_id": CAMERA, "started_at": exact(started(0)), "generation": 1}
    issued = {"at": exact(marked_at() + DAY), "agency": "daan-hro"}
    segment = _segment(facts)
    segment["protections"][0] |= {"covers": covers, "protects_until": exact(until)}
    document = {"format": FORMAT, "subject": subject, "issued": issued, "segments": [segment], "kept": []}
    return sealed({**document, "log": log})


def _segment(facts: list[Recorded]) -> dict[str, Any]:
    version, placed, released, cleared, stored, mark, receipt = facts
    event, gone = stored.event, receipt.event
    assert isinstance(event, SegmentRecorded)
    assert isinstance(gone, SegmentDestroyed)
    times = interval(PACK, SegmentFacts(event.started_at, event.ended_at, "routine"))
    assert times.keep_until is not None
    ids = {"in_force": version, "cleared": cleared, "recorded": stored, "marked": mark, "destroyed": receipt}
    return {
        "camera_id": CAMERA,
        "started_at": exact(event.started_at),
        "ended_at": exact(event.ended_at),
        "generation": 1,
        "recorded_at": exact(stored.envelope.recorded_at),
        "retention_class": "routine",
        "sha256": event.sha256.hex(),
        "size_bytes": event.size_bytes,
        "policy": _policy(),
        "minimum": exact(times.keep_until),
        "maximum": "",
        "destroyable_from": exact(gone.destroyable_from),
        "protections": [_protection(placed, released)],
        "mark": {"at": exact(mark.envelope.recorded_at), "seq": 4, "cleared_seq": 4, "batch_id": str(BATCH)},
        "destroyed": {
            "at": exact(gone.destroyed_at),
            "by": gone.destroyed_by,
            "method": gone.method,
            "place": gone.place,
            "answers": [{"store": "main", "answer": "absent", "asked_at": exact(gone.destroyed_at)}],
        },
        "events": {name: str(fact.envelope.event_id) for name, fact in ids.items()},
    }


def _policy() -> dict[str, Any]:
    known = {"policy_id": PACK.id, "version": PACK.version, "digest": PACK.digest}
    return {"reference": PACK.reference, **known, "rules": ["retention.min90"]}


def _protection(placed: Recorded, released: Recorded) -> dict[str, Any]:
    return {
        "hold_id": str(HOLD),
        "kind": "hold",
        "hold_kind": "preservation",
        "request_id": "",
        "covers": "yes",
        "placed_at": exact(placed.envelope.recorded_at),
        "protects_until": exact(HELD_UNTIL),
        "lines": ["HoldPlaced", "HoldReleased"],
        "events": [str(placed.envelope.event_id), str(released.envelope.event_id)],
    }


def _entry(fact: Recorded, text: bytes, path: tuple[bytes, ...], index: int) -> dict[str, Any]:
    told = json.loads(text)
    return {
        "index": index,
        "event_id": str(fact.envelope.event_id),
        "event_type": told["type"],
        "entry": text.decode(),
        "path": [each.hex() for each in path],
    }
