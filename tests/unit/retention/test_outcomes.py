"""What custody answers decides what retention may propose again; nothing else ends a command."""

from __future__ import annotations

from uuid import UUID

from services.kernel.batches import HourLine
from services.kernel.envelope import Actor, recorded
from services.kernel.events import BatchAnswered, LineAnswer, Outcome
from services.retention.changes import Changes
from services.retention.projector import project
from tests.unit.retention.given import at

NOW = at("2025-03-01T00:00:00+00:00")
BATCH = UUID(int=2)
LINES = (HourLine(camera_id="plaza-1", hour=1, generation=1, offsets_us=(0,)),)


def answered(outcome: Outcome, reason: str = "") -> Changes:
    line = LineAnswer(outcome=outcome, reason=reason, seq=4, not_before=None, lines=LINES)
    event = BatchAnswered(batch_id=BATCH, camera_id="plaza-1", answers=(line,))
    actor = Actor(id="custody", role="system")
    return project([recorded(event, stream_id=f"batch/{BATCH}/answer", stream_version=1, at=NOW, actor=actor)])


def test_what_custody_keeps_may_be_proposed_again() -> None:
    assert answered(Outcome.REFUSED, "protected").returned == [(BATCH, LINES)]
    assert answered(Outcome.VOID, "start_gate").returned == [(BATCH, LINES)]


def test_what_custody_destroys_is_never_proposed_again() -> None:
    assert answered(Outcome.DESTROYING).returned == []
    assert answered(Outcome.GONE).returned == []


def test_a_refusal_waits_for_its_position_of_the_log_and_a_void_batch_for_nothing() -> None:
    (wait,) = answered(Outcome.REFUSED, "protected").waits
    assert (wait.seq, wait.not_before) == (4, None)
    assert answered(Outcome.VOID, "start_gate").waits == []
