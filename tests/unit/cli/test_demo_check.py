"""The demo's check on made-up histories: a good one passes every rule, each bad one fails by the rule meant for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.cli.demo.check import Case, check
from services.cli.demo.history import History, history
from services.cli.demo.outcome import explained, held_by
from services.cli.demo.plan import CORNER, PLAZA
from services.cli.demo.reading import Entry
from services.cli.demo.rows import Row

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
OLD, HELD, NEW = NOW - timedelta(days=119), NOW - timedelta(days=120), NOW - timedelta(minutes=1)
FIVE = timedelta(seconds=5)
BYTES = {OLD: b"old", HELD: b"held", NEW: b"new"}
HOLD, REQUEST, BATCH = UUID(int=1), UUID(int=2), UUID(int=3)
Fields = dict[str, Any]


def segment(start: datetime, **more: object) -> Fields:
    return {"camera_id": PLAZA, "started_at": start, "ended_at": start + FIVE, "generation": 1, **more}


def recorded(start: datetime) -> Fields:
    return segment(start, sha256=sha256(BYTES[start]).digest(), location=f"{start:%j}", recorded_at=start)


def line(*starts: datetime) -> Fields:
    hour = int(starts[0].timestamp()) // 3600
    offsets = [int((start.timestamp() - hour * 3600) * 1_000_000) for start in starts]
    return {"camera_id": PLAZA, "hour": hour, "generation": 1, "offsets_us": offsets}


def hold(kind: str = "hold", seq: int = 1) -> Fields:
    scope = {"cameras": [PLAZA], "starts_at": HELD, "ends_at": HELD + FIVE}
    return {"hold_id": HOLD, "kind": kind, "matter": "m", "seq": seq, "protects_until": None, "scope": scope}


def granted(**more: object) -> Fields:
    scope = {"cameras": [PLAZA], "starts_at": NEW, "ends_at": NEW + FIVE}
    return {"request_id": REQUEST, "grant_version": 1, "recorded_at": NOW, "scope": scope, **more}


def viewed(**more: object) -> Fields:
    known = {"request_id": REQUEST, "grant_version": 1, "person": "p-1", "footage": [line(NEW)]}
    return {**known, "recorded_at": NOW + FIVE, **more}


def mark(start: datetime, **more: object) -> Fields:
    return segment(start, batch_id=BATCH, mark_seq=3, recorded_at=NOW, **more)


def receipt(start: datetime) -> Fields:
    return segment(start, batch_id=BATCH, destroyed_at=NOW)


def good() -> dict[str, list[Fields]]:
    return {
        "CameraBound": [{"camera_id": PLAZA, "policy_id": "daan-cctv"}],
        "SegmentRecorded": [recorded(HELD), recorded(OLD), recorded(NEW)],
        "HoldPlaced": [hold()],
        "HoldApplied": [{"hold_id": HOLD}],
        "DeletionCleared": [{"batch_id": BATCH, "seq": 2, "lines": [line(OLD)]}],
        "DestructionStarted": [mark(OLD)],
        "SegmentDestroyed": [receipt(OLD)],
        "RequestGranted": [granted()],
        "StepApproved": [{"request_id": REQUEST, "person": "p-2"}],
        "FootageViewed": [viewed()],
        "RequestRouted": [{"request_id": REQUEST}],
        "RequestRefused": [{"request_id": REQUEST}],
    }


def told(events: dict[str, list[Fields]]) -> History:
    numbered = [(name, fields) for name, all_of_it in events.items() for fields in all_of_it]
    return history(
        Entry("some.topic", 0, at, name, {"event_id": str(at), **fields}) for at, (name, fields) in enumerate(numbered)
    )


def judged(folder: Path, events: dict[str, list[Fields]], live: tuple[datetime, ...] = (NEW,)) -> set[str]:
    for one in events["SegmentRecorded"]:
        if one["started_at"] != OLD:
            (folder / one["location"]).write_bytes(BYTES[one["started_at"]])
    expected = tuple(Row(PLAZA, at, sha256(content).hexdigest(), at == OLD) for at, content in BYTES.items())
    case = Case(told(events), folder, expected, tuple((PLAZA, start) for start in live))
    return {finding.rule for finding in check(case)}


def test_a_history_without_fault_passes(tmp_path: Path) -> None:
    assert judged(tmp_path, good()) == set()


BAD: dict[str, tuple[str, str, list[Fields]]] = {
    "a mark after the hold": (
        "nothing destroyed under hold",
        "SegmentDestroyed",
        [receipt(OLD), segment(HELD, batch_id=BATCH, destroyed_at=NOW)],
    ),
    "a mark without clearance": ("every mark was cleared", "DeletionCleared", []),
    "a clearance of other footage": (
        "every mark was cleared",
        "DeletionCleared",
        [{"batch_id": BATCH, "seq": 2, "lines": [line(HELD)]}],
    ),
    "a clearance read too late": (
        "every mark was cleared",
        "DeletionCleared",
        [{"batch_id": BATCH, "seq": 9, "lines": [line(OLD)]}],
    ),
    "no receipt": ("every destruction has a receipt", "SegmentDestroyed", []),
    "destroyed early": ("nothing destroyed early", "SegmentDestroyed", [receipt(OLD), receipt(NEW)]),
    "a view without a grant": ("every view has a chain", "RequestGranted", []),
    "a view before its grant": ("every view has a chain", "RequestGranted", [granted(recorded_at=NOW + 2 * FIVE)]),
    "a view that only its viewer signed": (
        "every view has a chain",
        "StepApproved",
        [{"request_id": REQUEST, "person": "p-1"}],
    ),
    "a view outside its grant": ("every view has a chain", "FootageViewed", [viewed(footage=[line(HELD)])]),
    "a lost segment": ("nothing lost and nothing doubled", "SegmentRecorded", [recorded(HELD), recorded(OLD)]),
    "a doubled segment": (
        "nothing lost and nothing doubled",
        "SegmentRecorded",
        [recorded(HELD), recorded(OLD), recorded(NEW), recorded(NEW)],
    ),
    "other bytes": (
        "what came out is what was expected",
        "SegmentRecorded",
        [recorded(HELD), recorded(OLD), {**recorded(NEW), "sha256": b"other"}],
    ),
    "due footage that is still there": ("what came out is what was expected", "SegmentDestroyed", []),
    "a demo in which nothing was viewed": ("the job was done", "FootageViewed", []),
}


@pytest.mark.parametrize("bad", BAD)
def test_each_fault_fails_by_its_rule(tmp_path: Path, bad: str) -> None:
    rule, name, instead = BAD[bad]
    assert rule in judged(tmp_path, good() | {name: instead})


@pytest.mark.parametrize("seq", [3, 4])
def test_a_hold_counts_from_the_place_in_the_log_up_to_which_the_mark_was_read(tmp_path: Path, seq: int) -> None:
    events = good() | {"HoldPlaced": [{**hold(seq=seq), "scope": {"cameras": [], "starts_at": OLD, "ends_at": None}}]}
    assert ("nothing destroyed under hold" in judged(tmp_path, events)) == (seq == 3)


def test_bytes_that_are_there_although_a_receipt_says_gone_are_found(tmp_path: Path) -> None:
    (tmp_path / f"{OLD:%j}").write_bytes(BYTES[OLD])
    assert judged(tmp_path, good()) == {"every destruction has a receipt"}


def test_what_a_recorder_never_wrote_must_stand_on_the_log_as_a_gap(tmp_path: Path) -> None:
    before = NEW - timedelta(seconds=20)
    gap = {"camera_id": PLAZA, "gap_from": before + FIVE, "gap_to": NEW}
    assert "what was never written is a gap" in judged(tmp_path, good(), live=(before, NEW))
    assert "what was never written is a gap" not in judged(
        tmp_path, good() | {"RecordingGapFound": [gap]}, live=(before, NEW)
    )
    elsewhere = {**gap, "camera_id": CORNER}
    assert "what was never written is a gap" in judged(
        tmp_path, good() | {"RecordingGapFound": [elsewhere]}, live=(before, NEW)
    )


def test_a_relays_repeat_counts_once_and_a_changed_one_is_found() -> None:
    same = Entry("segment.events", 0, 0, "SegmentRecorded", {"event_id": "a", "size_bytes": 1})
    other = Entry("segment.events", 0, 1, "SegmentRecorded", {"event_id": "a", "size_bytes": 2})
    assert len(history([same, same]).of("SegmentRecorded")) == 1
    assert history([same, other]).doubled == ["a"]


def test_what_is_held_is_told_by_what_holds_it_and_a_hold_counts_before_a_request() -> None:
    both = {"HoldPlaced": [hold("request"), hold(seq=2) | {"hold_id": REQUEST}, request_on(NEW)]}
    history_of_both = told(good() | both)
    assert held_by(history_of_both) == {"hold": 1, "request": 1}
    assert explained(history_of_both, "en") == "held: 1 by the hold, 1 by an open request to view"
    assert explained(told(good() | {"HoldPlaced": []}), "en") == ""


def request_on(start: datetime) -> Fields:
    scope = {"cameras": [PLAZA], "starts_at": start, "ends_at": start + FIVE}
    return hold("request", seq=3) | {"hold_id": BATCH, "scope": scope}
