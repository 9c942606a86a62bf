"""Lies to tell the checker: one change to true evidence for each of its counts. A lie that passes is a broken check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from services.cli.demo.history import Key, key_of
from services.cli.demo.reading import Entry, Fields
from tests.faults.check import Case
from tests.faults.evidence import Evidence

Lie = Callable[[Evidence], None]


def _hold_lost(evidence: Evidence) -> None:
    """An acknowledged hold is not on the log."""
    lost = Case(evidence).told()[0]["hold"]
    evidence.entries = [e for e in evidence.entries if str(e.fields.get("hold_id")) != lost]


def _held_destroyed(evidence: Evidence) -> None:
    """A held segment is marked and destroyed in due form."""
    case = Case(evidence)
    key, hold = next((k, h) for h in case.holds.values() for k in case.in_scope(h) if k not in case.marks)
    _destroy(evidence, key, mark_seq=hold.orders[-1][0] + 1)


def _not_named(evidence: Evidence) -> None:
    """A hold was accepted without naming a deletion that was under way."""
    case = Case(evidence)
    told = next(n for n in case.told() if n["state"] == "accepted")
    hold = case.holds[told["hold"]]
    key = case.in_scope(hold)[0]
    told["in_flight"] = []
    evidence.entries = [e for e in evidence.entries if not (_ends(e) and key_of(e.fields) == key)]
    _destroy(evidence, key, mark_seq=hold.orders[0][0] - 1)


def _other_answer(evidence: Evidence) -> None:
    """A person was told another list than custody wrote."""
    told = next(n for n in Case(evidence).told() if n["state"] == "effective" and n["secured"])
    told["secured"] = []


def _due_kept(evidence: Evidence) -> None:
    """A destruction that should have been never was."""
    case = Case(evidence)
    key = next(iter(case.receipts))
    evidence.entries = [e for e in evidence.entries if not (_ends(e) and key_of(e.fields) == key)]
    _put_back(evidence, case.recorded[key])


def _early(evidence: Evidence) -> None:
    """Young footage is destroyed in due form."""
    case = Case(evidence)
    _destroy(evidence, max(case.recorded, key=lambda key: key[1]), mark_seq=1)


def _receipt_alone(evidence: Evidence) -> None:
    """A receipt says gone, and the bytes lie there."""
    case = Case(evidence)
    _put_back(evidence, case.recorded[next(iter(case.receipts))])


def _no_receipt(evidence: Evidence) -> None:
    """Bytes vanish without a word."""
    del evidence.store[next(iter(evidence.store))]


def _footage_lost(evidence: Evidence) -> None:
    """Footage was taken in, and the log has never heard of it."""
    note = evidence.noted("taken")[0]
    note["start"] = note["start"].replace("20", "19", 1)


def _doubled(evidence: Evidence) -> None:
    """One segment has two receipts."""
    receipt = next(e for e in evidence.entries if e.event == "SegmentDestroyed")
    version = receipt.fields["stream_version"] + 1
    evidence.entries.append(replace(receipt, fields=receipt.fields | _new(version)))


def _gap(evidence: Evidence) -> None:
    """An event in the middle of a stream is missing."""
    missing = next(e for e in evidence.entries if e.event == "DestructionStarted")
    evidence.entries.remove(missing)


LIES: dict[str, tuple[str, Lie]] = {
    "hold": ("acknowledged holds lost", _hold_lost),
    "held": ("held destroyed", _held_destroyed),
    "unnamed": ("cleared but not named", _not_named),
    "answer": ("answers that differ from the log", _other_answer),
    "due": ("due and unheld not destroyed", _due_kept),
    "early": ("destroyed early", _early),
    "receipt": ("receipts without destruction", _receipt_alone),
    "silent": ("destructions without receipt", _no_receipt),
    "footage": ("acknowledged footage lost", _footage_lost),
    "doubled": ("doubled events", _doubled),
    "gap": ("events missing from a stream", _gap),
}
"""Name on the command line -> the count that must notice, and the lie."""


def _destroy(evidence: Evidence, key: Key, mark_seq: int) -> None:
    segment = Case(evidence).recorded[key]
    about = {name: segment[name] for name in ("camera_id", "started_at", "ended_at", "generation", "stream_id")}
    for number, event in enumerate(("DestructionStarted", "SegmentDestroyed"), 2):
        fields: Fields = about | _new(number) | {"mark_seq": mark_seq, "batch_id": uuid4()}
        at = segment["recorded_at"] + timedelta(days=1)
        evidence.entries.append(Entry("segment.events", 0, 1 << 40, event, fields | {"recorded_at": at}))
    evidence.store.pop(segment["location"], None)


def _new(version: int) -> Fields:
    return {"event_id": uuid4(), "stream_version": version}


def _ends(entry: Entry) -> bool:
    return entry.event in {"DestructionStarted", "SegmentDestroyed"}


def _put_back(evidence: Evidence, segment: Fields) -> None:
    evidence.store[segment["location"]] = segment["sha256"].hex()
