"""F1 to F17: situations in which an earlier design of the deletion protocol failed, each as one sentence.

Those that need no database stand here, on the shipped deciders; ``test_each_flaw_has_a_test`` finds the others.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.access.protections.office import word_of
from services.ingest.catalog.footage import Footage
from services.ingest.custody.answers import lists
from services.kernel.batches import SegmentKey, lines
from services.kernel.envelope import Actor, Recorded, recorded
from services.kernel.events import DeletionCleared, HoldApplied, HoldEvent, HoldPlaced, HoldReleased, PolicyInForce
from services.kernel.ids import EPOCH, PROTECTION_LOG
from services.kernel.mark import CLOCK_MARGIN, Guard, Mark, MarkCase, Refused, SegmentState, decide_mark
from services.kernel.protection import OutOfOrder, ProtectionLog
from services.kernel.scope import FootageFacts, Scope
from services.kernel.topics import BY_NAME, TOPICS, topic_of
from services.retention.decider import Wait
from tests.unit.retention.given import footage as bucket_of

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOLD, BATCH = UUID(int=1), UUID(int=2)
KEY = SegmentKey(camera_id="cam-1", started_at=NOW - 100 * DAY, generation=1)
SHOT = FootageFacts(
    camera_id="cam-1",
    started_at=KEY.started_at,
    ended_at=KEY.started_at + timedelta(minutes=1),
    area="hall",
    officers=frozenset(),
    incidents=frozenset(),
)
TESTS = Path(__file__).parents[2]


def log(*events: HoldEvent) -> ProtectionLog:
    folded = ProtectionLog()
    for record in records(*events):
        folded.apply(record)
    return folded


def records(*events: HoldEvent) -> list[Recorded]:
    access = Actor(id="access", role="service:access")
    numbered = [replace(event, seq=seq) for seq, event in enumerate(events, start=1)]
    return [recorded(e, stream_id=PROTECTION_LOG, stream_version=e.seq, at=NOW, actor=access) for e in numbered]


def place(kind: str = "hold", until: datetime | None = None) -> HoldPlaced:
    return HoldPlaced(
        hold_id=HOLD,
        seq=0,
        kind=kind,
        hold_kind="",
        scope=Scope(cameras=("cam-1",), starts_at=EPOCH),
        matter="m",
        authority="court",
        review_by=None,
        protects_until=until,
        request_id="",
    )


def clear() -> DeletionCleared:
    return DeletionCleared(
        batch_id=BATCH, seq=0, camera_id="cam-1", lines=lines([KEY]), policy_id="p", policy_version_expected=1
    )


def version(number: int, binding_from: datetime, *, shortens: bool = False) -> PolicyInForce:
    return PolicyInForce(seq=0, policy_id="p", version=number, digest="d", binding_from=binding_from, shortens=shortens)


def mark(read: ProtectionLog, now: datetime = NOW, destroyable_from: datetime = NOW - DAY) -> Mark | Refused:
    """What custody decides of the one due segment, having read the log so far."""
    case = MarkCase(
        start_id_is_mine=True,
        cleared_and_open=BATCH in read.clearances,
        state=SegmentState.KEPT,
        facts=SHOT,
        parked=(),
        protections=tuple(read.protections.values()),
        destroyable_from=destroyable_from,
        refused_by_rule="",
        read_seq=read.seq,
        now=now,
    )
    return decide_mark(case)


def stored(key: SegmentKey, state: SegmentState = SegmentState.KEPT) -> Footage:
    """A row of the catalog."""
    instants: dict[str, Any] = dict.fromkeys(("ended_at", "arrived_at", "recorded_at", "recovery_from"), key.started_at)
    texts: dict[str, Any] = dict.fromkeys(
        ("retention_class", "container", "codec", "clock_source", "source_id", "treatment", "shift", "officer"), ""
    )
    return Footage(
        camera_id=key.camera_id,
        started_at=key.started_at,
        generation=key.generation,
        size_bytes=1,
        sha256=b"",
        width=1,
        height=1,
        has_audio=False,
        mask_version="",
        location="",
        state=state,
        mark_seq=0,
        **instants,
        **texts,
    )


def guard(found: Mark | Refused) -> Guard | None:
    return found.guard if isinstance(found, Refused) else None


def test_f1_a_hold_is_effective_by_custodys_word_alone() -> None:
    assert topic_of(HoldApplied, "ingest") is BY_NAME["custody.events"]
    assert [t.writer for t in TOPICS if HoldApplied in t.events] == ["ingest"]
    assert word_of(5, 9, effective=False, parked=False) == "accepted"


def test_f2_what_retention_has_commanded_and_custody_still_keeps_is_told_as_secured() -> None:
    kept, begun = stored(KEY), stored(replace(KEY, started_at=NOW), SegmentState.DESTROYING)
    told = lists([kept, begun])
    assert (told.secured, told.destroying) == ((kept.key,), (begun.key,))


def test_f3_a_retention_that_forgot_every_hold_commands_and_custody_refuses() -> None:
    assert guard(mark(log(place(), clear()))) is Guard.PROTECTED


def test_f4_nothing_is_marked_before_its_clearance_is_read_and_a_hold_accepted_before_it_is_read_by_then() -> None:
    hold_then_clearance = records(place(), clear())
    unread = ProtectionLog()
    assert guard(mark(unread)) is Guard.NOT_CLEARED
    with pytest.raises(OutOfOrder):
        unread.apply(hold_then_clearance[1])
    assert guard(mark(log(place(), clear()))) is Guard.PROTECTED


@pytest.mark.parametrize("kind", ["request", "rescue"])
def test_f5_a_request_or_a_rescue_forbids_at_custody_as_a_hold_does(kind: str) -> None:
    read = log(place(kind, until=NOW + DAY), clear())
    assert guard(mark(read)) is Guard.PROTECTED
    assert mark(read, now=NOW + DAY + CLOCK_MARGIN) == Mark(mark_seq=2)


def test_f5_a_lengthening_that_came_on_the_log_before_the_clearance_counts_at_the_mark() -> None:
    read = log(version(1, EPOCH), version(2, NOW - DAY), clear())
    bound = read.binding("p", NOW)
    assert bound is not None
    assert bound.version == 2
    assert guard(mark(read, destroyable_from=NOW + DAY)) is Guard.TOO_EARLY


def test_f7_everything_that_forbids_and_every_clearance_is_in_one_partition_with_one_writer() -> None:
    holding = [topic for topic in TOPICS if HoldPlaced in topic.events or DeletionCleared in topic.events]
    assert [(topic.name, topic.partitions, topic.writer) for topic in holding] == [("hold.events", 1, "access")]


def test_f7_a_record_read_ahead_of_another_stops_the_reader() -> None:
    first, second = records(place(), clear())
    ahead = ProtectionLog()
    with pytest.raises(OutOfOrder, match="read the missing records first"):
        ahead.apply(second)
    assert ahead.apply(first)


def test_f13_a_shortening_that_a_later_version_overtook_never_binds() -> None:
    read = log(version(1, EPOCH), version(2, NOW + 30 * DAY, shortens=True), version(3, NOW + DAY))
    bound = read.binding("p", NOW + 60 * DAY)
    assert bound is not None
    assert bound.version == 3


def test_f14_a_release_leaves_the_whole_recovery_window() -> None:
    release = HoldReleased(hold_id=HOLD, seq=0, proposed_by="p-1", confirmed_by="p-2", protects_until=NOW + 7 * DAY)
    read = log(place(), release, clear())
    assert guard(mark(read, now=NOW + 7 * DAY)) is Guard.PROTECTED
    assert mark(read, now=NOW + 7 * DAY + CLOCK_MARGIN) == Mark(mark_seq=3)


def test_f16_a_refusal_names_how_far_to_read_and_when_to_ask_again() -> None:
    refused = mark(log(place("request", until=NOW + DAY), clear()))
    assert isinstance(refused, Refused)
    assert (refused.seq, refused.not_before) == (2, NOW + DAY + CLOCK_MARGIN)
    due = bucket_of("daan-cctv", NOW - 200 * DAY)
    wait = Wait(offsets_us=frozenset(due.bucket.offsets_us), seq=refused.seq, not_before=refused.not_before)
    waiting = replace(due, waits=(wait,), read_seq=refused.seq)
    assert waiting.when(NOW).last.command == 0
    assert waiting.when(NOW + DAY + CLOCK_MARGIN).last.command == due.whole


def test_f17_what_the_broker_has_not_acknowledged_is_received_and_no_more() -> None:
    assert word_of(8, 7, effective=False, parked=False) == "received"
    assert word_of(8, 8, effective=False, parked=False) == "accepted"


def test_each_flaw_has_a_test_that_is_named_by_its_sentence() -> None:
    named = {name.split("_")[1] for name in _test_names() if name.startswith("test_f")}
    assert {f"f{number}" for number in range(1, 18)} <= named


def _test_names() -> Iterator[str]:
    for path in TESTS.rglob("test_*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name
