"""What custody answers decides what retention may propose again; nothing else ends a command."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from services.kernel.batches import HourLine
from services.kernel.envelope import Actor, recorded
from services.kernel.events import BatchAnswered, LineAnswer, Outcome
from services.retention.changes import Changes
from services.retention.projector import project
from tests.unit.retention.given import at

NOW = at("2025-03-01T00:00:00+00:00")
BATCH = UUID(int=2)
LINES = (HourLine(camera_id="plaza-1", hour=1, generation=1, offsets_us=(0,)),)


def answered(outcome: Outcome, reason: str = "", not_before: datetime | None = None) -> Changes:
    line = LineAnswer(outcome=outcome, reason=reason, seq=4, not_before=not_before, lines=LINES)
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
    assert (wait.seq, wait.not_before, wait.offsets_us) == (4, None, [0])
    assert answered(Outcome.VOID, "start_gate").waits == []


@pytest.mark.parametrize(("said", "waits"), [(timedelta(minutes=20),) * 2, (timedelta(days=300), timedelta(hours=1))])
def test_an_instant_that_a_release_or_a_shorter_version_may_bring_forward_is_asked_about_every_hour(
    said: timedelta, waits: timedelta
) -> None:
    (wait,) = answered(Outcome.REFUSED, "protected", NOW + said).waits
    assert wait.not_before == NOW + waits
