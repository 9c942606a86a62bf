"""The checker of ``make faults`` on a hand-made history: the true one passes, and no lie about it does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.cli.demo.reading import Entry
from tests.faults.check import check
from tests.faults.evidence import Evidence
from tests.faults.lies import LIES
from tests.faults.report import lines

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
OLD, YOUNG, SECOND = NOW - timedelta(days=200), NOW - timedelta(days=20), timedelta(seconds=1)
DUE, HELD, LATE = OLD, OLD + timedelta(minutes=1), OLD + timedelta(minutes=2)
HOLD, BATCH = UUID(int=1), UUID(int=2)
BESIDE, BETWEEN, MORE = HELD + timedelta(seconds=30), LATE + timedelta(minutes=1), LATE + timedelta(minutes=2)
ORDERS = ((3, "HoldExtended", MORE, MORE), (4, "HoldPlaced", HELD, HELD))
CAMERA = "plaza-01"
Fields = dict[str, Any]


def entry(event: str, stream: str, version: int, topic: str = "segment.events", **fields: Any) -> Entry:  # noqa: ANN401
    envelope = {"event_id": uuid4(), "stream_id": stream, "stream_version": version, "recorded_at": NOW}
    return Entry(topic, 0, 0, event, envelope | fields)


def of_segment(event: str, start: datetime, version: int, **fields: Any) -> Entry:  # noqa: ANN401
    key: Fields = {"camera_id": CAMERA, "started_at": start, "generation": 1}
    stream = f"segment/{start.isoformat()}"
    return entry(event, stream, version, **key, ended_at=start + SECOND, **fields)


def recorded(start: datetime) -> Entry:
    place = {"location": f"{start:%Y%m%dT%H%M%S}.mp4", "sha256": sha256(str(start).encode()).digest()}
    return of_segment("SegmentRecorded", start, 1, **place)


def destroyed(start: datetime, mark_seq: int) -> list[Entry]:
    mark = of_segment("DestructionStarted", start, 2, mark_seq=mark_seq, batch_id=BATCH)
    return [mark, of_segment("SegmentDestroyed", start, 3, batch_id=BATCH)]


def line(start: datetime) -> Fields:
    hour, rest = divmod(round(start.timestamp()), 3600)
    return {"camera_id": CAMERA, "hour": hour, "generation": 1, "offsets_us": [rest * 1_000_000]}


def lists(*secured: datetime) -> Fields:
    kept = secured or (HELD,)
    digest = sha256("".join(f"{round(start.timestamp() * 1_000_000)}/1\n" for start in kept).encode()).hexdigest()
    ends = {"first_started_at": kept[0].isoformat(), "last_started_at": kept[-1].isoformat()}
    span = {"camera_id": CAMERA, "segments": len(kept), "digest": digest, **ends}
    return {"secured": [span], "destroying": [line(LATE)], "gone": []}


def told(state: str, **more: object) -> Fields:
    note = {"what": "told", "at": NOW.isoformat(), "hold": str(HOLD), "state": state, "seq": 2, "released": False}
    return note | lists() | {"in_flight": [{"lines": [line(LATE)]}], "protects_until": None} | more


def taken(start: datetime) -> Fields:
    return {"what": "taken", "camera": CAMERA, "start": start.isoformat(), "generation": 1}


def truth() -> Evidence:
    """Four segments: one due, one held, one whose destruction a hold came too late for, one young."""
    scope = {"cameras": [CAMERA], "starts_at": HELD, "ends_at": LATE + SECOND}
    starts = (DUE, HELD, LATE, YOUNG)
    segments = [recorded(start) for start in starts]
    entries = [*segments, *destroyed(DUE, 1), *destroyed(LATE, 1)]
    entries += [entry("DeletionCleared", "protections", 1, "hold.events", seq=1, batch_id=BATCH)]
    entries += [entry("HoldPlaced", "protections", 2, "hold.events", hold_id=HOLD, seq=2, scope=scope)]
    entries += [entry("HoldApplied", f"custody/{HOLD}", 1, "custody.events", hold_id=HOLD, seq=2, **lists())]
    there = [one.fields for one in segments if one.fields["started_at"] in {HELD, YOUNG}]
    kept = {fields["location"]: fields["sha256"].hex() for fields in there}
    about = {"ended": NOW.isoformat(), "seed": 1, "seconds": 1, "fair_s": 1, "load": [], "faults": {}, "restarts": 0}
    notes = [told("accepted"), told("effective", in_flight=[]), *map(taken, starts)]
    return Evidence(entries, notes, kept, about | {"leaders_moved": 0, "skipped": []})


def ordered_thrice() -> Evidence:
    """The hold of ``truth``, extended beyond a segment that it doesn't reach, and placed again with less."""
    evidence = truth()
    for start in (BESIDE, BETWEEN, MORE):
        evidence.entries.append(one := recorded(start))
        evidence.store |= {one.fields["location"]: one.fields["sha256"].hex()} if start != BETWEEN else {}
    evidence.entries += destroyed(BETWEEN, 1)
    for version, (seq, event, first, last) in enumerate(ORDERS, 2):
        scope = {"cameras": [CAMERA], "starts_at": first, "ends_at": last + SECOND}
        said = {"hold_id": HOLD, "seq": seq}
        evidence.entries.append(entry(event, "protections", seq, "hold.events", **said, scope=scope))
        answer = entry("HoldApplied", f"custody/{HOLD}", version, "custody.events", **said, **lists(HELD, BESIDE, MORE))
        evidence.entries.append(answer)
        evidence.notes.append(told("accepted", seq=seq))
        evidence.notes.append(told("effective", seq=seq) | lists(HELD, BESIDE, MORE))
    answered = next(e for e in evidence.entries if e.event == "HoldApplied" and e.fields["seq"] == 2)
    answered.fields.update(lists(HELD, BESIDE))
    for note in evidence.notes[:2]:
        note.update(lists(HELD, BESIDE))
    return evidence


def without(evidence: Evidence, event: str, seq: int) -> None:
    evidence.entries = [e for e in evidence.entries if (e.event, e.fields.get("seq")) != (event, seq)]


def gone(evidence: Evidence, start: datetime, mark_seq: int) -> None:
    evidence.entries += destroyed(start, mark_seq)
    evidence.store.pop(f"{start:%Y%m%dT%H%M%S}.mp4")


def later(evidence: Evidence) -> None:
    """What the extension reaches enters destruction after it was accepted, cleared before, and isn't named."""
    gone(evidence, MORE, mark_seq=2)
    mark = next(e for e in reversed(evidence.entries) if e.event == "DestructionStarted")
    mark.fields["recorded_at"] = NOW + timedelta(minutes=1)


def found(evidence: Evidence) -> set[str]:
    return {count.what for count in check(evidence) if count.found}


def test_a_true_history_has_nothing_to_find_and_a_chance_to_find_everything() -> None:
    counts = check(truth())
    assert [count for count in counts if count.found] == []
    assert all(count.bound for count in counts)


@pytest.mark.parametrize("name", LIES)
def test_no_lie_about_a_history_passes(name: str) -> None:
    evidence = truth()
    noticed_by, lie = LIES[name]
    lie(evidence)
    assert noticed_by in found(evidence)


def test_a_hold_that_is_extended_and_placed_again_is_judged_by_all_its_scopes() -> None:
    assert [count for count in check(ordered_thrice()) if count.found] == []


@pytest.mark.parametrize(
    ("planted", "noticed_by"),
    [
        (lambda e: gone(e, MORE, mark_seq=4), "held destroyed"),  # reached by the extension alone
        (lambda e: gone(e, BESIDE, mark_seq=5), "held destroyed"),  # reached by the first order, not by the last
        (lambda e: gone(e, MORE, mark_seq=2), "held destroyed"),  # before the extension, whose answer is silent
        (later, "cleared but not named"),
        (lambda e: without(e, "HoldExtended", 3), "acknowledged holds lost"),
        (lambda e: without(e, "HoldPlaced", 4), "acknowledged holds lost"),
        (lambda e: without(e, "HoldApplied", 3), "acknowledged holds lost"),
        (lambda e: e.notes[-1].update(lists(HELD, BESIDE)), "answers that differ from the log"),
    ],
)
def test_a_violation_of_a_later_or_an_earlier_order_is_noticed(
    planted: Callable[[Evidence], None], noticed_by: str
) -> None:
    evidence = ordered_thrice()
    planted(evidence)
    assert noticed_by in found(evidence)


def test_every_count_has_a_lie_that_it_must_notice() -> None:
    assert {noticed_by for noticed_by, _ in LIES.values()} == {count.what for count in check(truth())}


def test_a_record_that_a_relay_sent_twice_is_told_and_is_no_doubled_event() -> None:
    evidence = truth()
    evidence.entries.append(evidence.entries[-1])
    assert found(evidence) == set()
    assert any("dropped by every reader 1" in line for line in lines(evidence, check(evidence)))


def test_a_hold_that_was_only_received_was_promised_nothing() -> None:
    evidence = truth()
    evidence.notes.append(told("received", hold=str(uuid4())))
    assert found(evidence) == set()


def test_a_release_that_was_acknowledged_must_stand_on_the_log() -> None:
    evidence = truth()
    evidence.notes.append(told("effective", released=True, protects_until=NOW.isoformat()))
    assert found(evidence) == {"acknowledged holds lost"}


def test_beside_every_zero_stands_the_bound_of_the_rule_of_three() -> None:
    line = next(line for line in lines(truth(), check(truth())) if line.startswith("held destroyed"))
    assert line.split(maxsplit=2)[2] == "0  0 in 2: below 100.00% (95 %)"
