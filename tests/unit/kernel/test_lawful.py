"""Destructions judged from the log alone: each promise is broken once, and a lawful log breaks none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from services.kernel.batches import SegmentKey, lines
from services.kernel.envelope import Actor, recorded
from services.kernel.events import (
    CameraBound,
    CameraRegistered,
    DeletionCleared,
    DestructionStarted,
    HoldApplied,
    HoldPlaced,
    HoldReleased,
    PolicyInForce,
    SegmentDestroyed,
    SegmentRecorded,
    ShiftFiled,
)
from services.kernel.ids import EPOCH, NAMESPACE, PROTECTION_LOG
from services.kernel.lawful import Broken, Judge, Promise
from services.kernel.mark import CLOCK_MARGIN
from services.kernel.policy import Pack
from services.kernel.policy.change import amended
from services.kernel.scope import Scope
from services.kernel.simulation import PackMissing
from services.runtime.packs import load_pack
from services.runtime.settings import REPOSITORY
from tests.fakes.facts import told

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
T0 = datetime(2026, 3, 1, tzinfo=UTC)
FREE = T0 + 98 * DAY  # 90 days, the queue's seven, and the margin
ACTOR = Actor(id="access", role="service:access")
DAAN = load_pack(REPOSITORY / "policies" / "daan-cctv")
LONGER = replace(amended(DAAN, {"retention.min90": {"keep_at_least": "P120D"}}), version=4, digest="4" * 64)
SHOT = SegmentKey(camera_id="cam-1", started_at=T0, generation=1)
BATCH = uuid5(NAMESPACE, "batch")


class Log:
    """One camera with one segment, bound to the office's 90 days."""

    def __init__(self, *packs: Pack) -> None:
        known = {pack.digest: pack for pack in packs}
        self.judge = Judge(lambda binding: known.get(binding.digest))
        self.seq = 0
        self.force(DAAN, T0 - DAY)
        self.protect(CameraBound, policy_id=DAAN.id, camera_id="cam-1", retention_class="", binding_from=T0 - DAY)

    def protect(self, event_type: Any, at: datetime = T0, **fields: Any) -> int:  # noqa: ANN401 - any event of the log
        self.seq += 1
        event = event_type(seq=self.seq, **fields)
        self.judge.known.apply(recorded(event, stream_id=PROTECTION_LOG, stream_version=self.seq, at=at, actor=ACTOR))
        return self.seq

    def force(self, pack: Pack, at: datetime) -> None:
        same = {"policy_id": pack.id, "version": pack.version, "digest": pack.digest}
        self.protect(PolicyInForce, at, **same, binding_from=at, shortens=False)

    def hold(self, **scope: Any) -> UUID:  # noqa: ANN401 - fields of a scope
        hold_id = uuid5(NAMESPACE, "hold")
        texts: Any = {"kind": "hold", "hold_kind": "preservation", "matter": "m", "authority": "", "request_id": ""}
        ends: Any = {"review_by": None, "protects_until": None}
        self.protect(HoldPlaced, hold_id=hold_id, scope=Scope(starts_at=T0 - DAY, **scope), **texts, **ends)
        return hold_id

    def clear(self, *keys: SegmentKey) -> None:
        same: Any = {"policy_id": DAAN.id, "policy_version_expected": DAAN.version}
        self.protect(DeletionCleared, batch_id=BATCH, camera_id="cam-1", lines=lines(keys or (SHOT,)), **same)

    def file(self, event_type: Any, at: datetime, **fields: Any) -> None:  # noqa: ANN401 - a fact of ingest
        self.judge.known.apply(told(event_type, {"recorded_at": at}, **fields))

    def record(self) -> None:
        fields = {"ended_at": T0 + HOUR, "recovery_from": EPOCH, "retention_class": "routine", "officer": ""}
        self._segment(SegmentRecorded, T0 + HOUR, **fields)

    def mark(self, at: datetime = FREE, *, seq: int | None = None) -> list[Broken]:
        return self._segment(DestructionStarted, at, batch_id=BATCH, mark_seq=self.seq if seq is None else seq)

    def answer(self, seq: int) -> None:
        """Custody answers the protection at a position: the segment's destruction had begun before."""
        self.judge.known.apply(told(HoldApplied, seq=seq, secured=(), destroying=lines([SHOT]), gone=()))

    def said_again(self) -> list[Broken]:
        """The mark that a restored custody found in an answer alone."""
        return self._segment(DestructionStarted, FREE, batch_id=UUID(int=0), mark_seq=0)

    def receipt(self, at: datetime = FREE) -> list[Broken]:
        return self._segment(SegmentDestroyed, at, batch_id=BATCH)

    def _segment(self, event_type: Any, at: datetime, **fields: Any) -> list[Broken]:  # noqa: ANN401 - a segment's event
        where = {"camera_id": SHOT.camera_id, "started_at": SHOT.started_at, "generation": SHOT.generation}
        return list(self.judge.judge(told(event_type, {"recorded_at": at}, **where, **fields)))


@pytest.fixture
def log() -> Log:
    found = Log(DAAN, LONGER)
    found.record()
    return found


def promises(broken: list[Broken]) -> set[Promise]:
    return {each.promise for each in broken}


def test_a_lawful_destruction_breaks_nothing_and_is_counted(log: Log) -> None:
    log.clear()
    assert log.mark() + log.receipt() == []
    assert log.judge.judged == dict.fromkeys(Promise, 1)


def test_under_a_hold_it_is_named_with_the_hold(log: Log) -> None:
    hold_id = log.hold(cameras=("cam-1",))
    log.clear()
    (broken,) = log.mark()
    assert (broken.promise, broken.segment, str(hold_id) in broken.why) == (Promise.PROTECTED, SHOT, True)


def test_a_hold_that_custody_had_not_read_yet_is_no_violation(log: Log) -> None:
    log.clear()
    read = log.seq
    log.hold(cameras=("cam-1",))
    assert log.mark(seq=read) == []


def test_a_mark_that_a_restore_forgot_is_judged_by_what_stood_before_the_answer_that_told_of_it(log: Log) -> None:
    log.clear()
    log.hold(cameras=("cam-1",))
    log.answer(log.seq)
    assert log.said_again() + log.receipt() == []


def test_a_mark_without_a_batch_of_which_no_answer_told_is_named(log: Log) -> None:
    log.clear()
    assert Promise.CLEARED in promises(log.said_again())
    held_before = Log(DAAN)
    held_before.record()
    held_before.hold(cameras=("cam-1",))
    held_before.clear()
    held_before.answer(held_before.seq + 1)
    assert promises(held_before.said_again()) == {Promise.PROTECTED}


def test_a_cameras_own_binding_is_judged_for_all_of_its_footage_as_custody_judges_it(log: Log) -> None:
    log.force(replace(LONGER, id="another"), T0)
    log.protect(CameraBound, policy_id="another", camera_id="cam-1", retention_class="event", binding_from=T0)
    log.clear()
    assert promises(log.mark()) == {Promise.TIME}


def test_a_released_hold_protects_until_its_end_and_a_margin(log: Log) -> None:
    hold_id = log.hold(cameras=("cam-1",))
    log.protect(HoldReleased, hold_id=hold_id, proposed_by="p-1", confirmed_by="p-2", protects_until=FREE)
    log.clear()
    assert promises(log.mark(FREE)) == {Promise.PROTECTED}
    assert _again(log).mark(FREE + CLOCK_MARGIN) == []


def test_what_was_not_filed_counts_as_covered_and_what_was_filed_in_time_does_not(log: Log) -> None:
    log.hold(incident="115-0042")
    log.clear()
    assert promises(log.mark()) == {Promise.PROTECTED}
    again = _again(log)
    worn = {"shift": "s-1", "officer": "p-1", "incidents": ("other",)}
    times = {"shift_from": T0 - HOUR, "shift_to": T0 + 2 * HOUR}
    again.file(ShiftFiled, T0 + 2 * HOUR, device_id="cam-1", **worn, **times)
    assert again.mark() == []


def test_a_fact_that_was_filed_after_the_mark_changes_nothing(log: Log) -> None:
    log.file(CameraRegistered, T0 - DAY, camera_id="cam-1", kind="fixed", area="hall")
    log.hold(area="yard")
    log.clear()
    log.file(CameraRegistered, FREE + DAY, camera_id="cam-1", kind="fixed", area="yard")
    assert log.mark() == []


@pytest.mark.parametrize("early", [timedelta(microseconds=1), 30 * DAY])
def test_before_its_time_it_is_named_with_the_instant(log: Log, early: timedelta) -> None:
    log.clear()
    (broken,) = log.mark(T0 + HOUR + 97 * DAY - early)
    assert (broken.promise, "2026-06-06" in broken.why) == (Promise.TIME, True)


def test_the_version_counts_that_custody_had_read(log: Log) -> None:
    log.clear()
    read = log.seq
    log.force(LONGER, T0 + DAY)
    assert log.mark(seq=read) == []
    assert promises(_again(log).mark()) == {Promise.TIME}


def test_without_a_clearance_that_names_it_it_is_found(log: Log) -> None:
    assert promises(log.mark()) == {Promise.CLEARED}
    other = _again(log)
    other.clear(replace(SHOT, generation=2), replace(SHOT, started_at=T0 + HOUR))
    assert promises(other.mark()) == {Promise.CLEARED}


def test_a_clearance_behind_the_position_doesn_t_count(log: Log) -> None:
    read = log.seq
    log.clear()
    assert promises(log.mark(seq=read)) == {Promise.CLEARED}


def test_what_was_never_recorded_and_a_receipt_without_a_mark_are_found() -> None:
    log = Log(DAAN)
    log.clear()
    assert promises(log.receipt()) == {Promise.ANNOUNCED}
    assert promises(log.mark()) == {Promise.RECORDED}


def test_records_told_twice_are_judged_once(log: Log) -> None:
    log.hold(cameras=("cam-1",))
    log.clear()
    assert len(log.mark()) == 1
    assert log.mark() == log.receipt() == log.receipt() == []


def test_a_version_whose_files_are_missing_is_no_verdict(log: Log) -> None:
    blind = _again(log, lambda _: None)
    blind.clear()
    with pytest.raises(PackMissing):
        blind.mark()


def _again(log: Log, packs: Callable[[Any], Pack | None] | None = None) -> Log:
    """Return the same log with its segment stored and not yet marked."""
    log.judge = Judge(packs or log.judge.packs, known=log.judge.known)
    log.record()
    return log
