"""What the system did by itself is told once for each thing that it was about, with how often and its events."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from services.access.console import by_itself
from services.kernel.envelope import Actor, Recorded, recorded
from services.kernel.events import DeletionCleared, Event, HoldReviewDue, RequestClosed
from services.kernel.ids import EPOCH, PROTECTION_LOG

REQUEST, HOLD = UUID(int=7), UUID(int=9)


def done(event: Event, hour: int, stream: str = PROTECTION_LOG) -> Recorded:
    at = EPOCH + timedelta(hours=hour)
    return recorded(event, stream_id=stream, stream_version=hour, at=at, actor=Actor(id="access", role="system"))


def cleared(camera: str, hour: int) -> Recorded:
    event = DeletionCleared(
        batch_id=UUID(int=hour), seq=hour, camera_id=camera, lines=(), policy_id="p", policy_version_expected=1
    )
    return done(event, hour)


def test_what_was_done_again_to_one_camera_is_counted_under_its_newest_time() -> None:
    newest_first = [cleared("cam-2", 9), cleared("cam-1", 8), cleared("cam-2", 7)]
    told = by_itself.told(newest_first, 6)
    assert [(each.subject.called, each.times) for each in told] == [("cam-2", 2), ("cam-1", 1)]
    assert told[0].at == EPOCH + timedelta(hours=9)


def test_no_more_are_told_than_asked_for_and_each_of_them_is_counted_whole() -> None:
    newest_first = [cleared("cam-1", 9), cleared("cam-2", 8), cleared("cam-1", 7)]
    assert [(each.subject.called, each.times) for each in by_itself.told(newest_first, 1)] == [("cam-1", 2)]


def test_each_is_about_a_thing_that_has_a_page_and_events() -> None:
    review = done(HoldReviewDue(hold_id=HOLD, seq=1, review_by=EPOCH), 2)
    closed = done(RequestClosed(request_id=REQUEST, outcome="expired", closed_at=EPOCH), 1, f"request/{REQUEST}")
    camera, hold, request = (each.subject for each in by_itself.told([cleared("cam 1", 3), review, closed], 6))
    assert (camera.to, camera.events) == ("/console/cameras/cam%201", "/console/events/camera/cam%201")
    assert (hold.to, hold.events) == (f"/console/holds#h-{HOLD}", f"/console/events/hold/{HOLD}")
    assert (request.to, request.events) == (f"/console/requests/{REQUEST}", f"/console/events/request/{REQUEST}")
