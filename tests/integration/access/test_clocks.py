"""What time alone does: terms end, reviews come due, the spoliation clock runs, each told once on the log (I6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client import REGISTRY

from services.kernel.events import HoldProposed, HoldReviewDue, RequestClosed
from services.kernel.hold_review import REMINDED_BEFORE
from tests.integration.access.clockwork import instant, turn
from tests.integration.access.conftest import City
from tests.integration.access.test_holds import hold
from tests.integration.access.test_requests import daan

A_DAY = timedelta(days=1)


def asked(city: City) -> dict[str, Any]:
    return dict(city.do("officer-lin", "/requests", daan()))


def seen(city: City, request_id: str) -> dict[str, Any]:
    return dict(city.see("sysman-wu", f"/requests/{request_id}"))


def closings(city: City, request_id: str) -> list[RequestClosed]:
    found = city.custody.events("request.events", RequestClosed)
    return [event for event in found if str(event.request_id) == request_id]


def proposals(city: City, request_id: str) -> list[HoldProposed]:
    return [event for event in city.custody.events("hold.events", HoldProposed) if event.request_id == request_id]


def reviews(city: City, hold_id: str) -> list[HoldReviewDue]:
    return [event for event in city.custody.events("hold.events", HoldReviewDue) if str(event.hold_id) == hold_id]


def test_a_request_is_closed_as_expired_when_its_term_is_over_and_not_before(city: City) -> None:
    told = asked(city)
    term = instant(told["term_ends_at"])
    turn(city, term - timedelta(seconds=1))
    assert seen(city, told["request_id"])["state"] == "in_chain"
    turn(city, term)
    turn(city, term + A_DAY)
    (closed,) = city.until(lambda: closings(city, told["request_id"]))
    assert (closed.outcome, closed.closed_at) == ("expired", term)


def test_the_protection_of_an_expired_request_ends_and_never_later_than_its_window(city: City) -> None:
    told = asked(city)
    term = instant(told["term_ends_at"])
    turn(city, term)
    after = seen(city, told["request_id"])
    assert after["state"] == "expired"
    assert instant(after["protection"]["protects_until"]) == term


def test_an_expired_request_takes_no_more_signatures(city: City) -> None:
    told = asked(city)
    turn(city, instant(told["term_ends_at"]))
    answer = city.call("officer-lin", "POST", f"/requests/{told['request_id']}/steps/sign", {"decision": "approve"})
    assert answer.status_code == 422
    assert "is expired" in answer.json()["detail"]


def test_a_due_review_is_told_once_and_again_after_the_hold_was_extended(city: City) -> None:
    told = city.do("sysman-wu", "/holds", hold())
    due = instant(told["review_by"])
    turn(city, due - A_DAY)
    assert not reviews(city, told["hold_id"])
    for _ in range(2):
        turn(city, due)
    (event,) = city.until(lambda: reviews(city, told["hold_id"]))
    assert event.review_by == due
    later = due + timedelta(days=90)
    city.do("sysman-wu", f"/holds/{told['hold_id']}/extend", {"review_by": later.isoformat()})
    turn(city, due + A_DAY)
    turn(city, later)
    city.until(lambda: len(reviews(city, told["hold_id"])) == 2)


def counted(review: str) -> int:
    return int(REGISTRY.get_sample_value("camledger_hold_reviews", {"service": "access", "review": review}) or 0)


def reviews_counted(city: City, now: datetime) -> tuple[int, int]:
    turn(city, now)
    return counted("soon"), counted("overdue")


def test_a_review_is_counted_before_it_is_due_and_stays_an_alarm_until_somebody_has_looked(city: City) -> None:
    due = datetime.now(UTC) + 2 * REMINDED_BEFORE
    clocks = (due - REMINDED_BEFORE - A_DAY, due - REMINDED_BEFORE, due, due + A_DAY)
    others = [reviews_counted(city, now) for now in clocks]
    told = city.do("sysman-wu", "/holds", hold(review_by=due.isoformat()))

    def ours() -> list[tuple[int, int]]:
        found = [reviews_counted(city, now) for now in clocks]
        return [(soon - a, overdue - b) for (soon, overdue), (a, b) in zip(found, others, strict=True)]

    # Told on the log at the third clock, and counted all the same at the fourth.
    assert ours() == [(0, 0), (1, 0), (0, 1), (0, 1)]
    city.do("sysman-wu", f"/holds/{told['hold_id']}/extend", {"review_by": (due + 90 * A_DAY).isoformat()})
    assert ours() == [(0, 0)] * len(clocks)


def test_a_released_hold_is_neither_told_nor_counted_as_due_for_review(city: City) -> None:
    # Released, it still protects when its review comes due.
    due = datetime.now(UTC) + A_DAY
    before = reviews_counted(city, due)
    told = city.do("sysman-wu", "/holds", hold(review_by=due.isoformat()))
    city.do("sysman-wu", f"/holds/{told['hold_id']}/propose-release")
    after = city.do("ethics-lu", f"/holds/{told['hold_id']}/release")
    assert instant(after["protects_until"]) > due
    assert reviews_counted(city, due) == before
    assert not reviews(city, told["hold_id"])
    assert not city.see("sysman-wu", f"/holds/{told['hold_id']}")["review_due"]


def test_a_hold_is_proposed_once_before_an_open_requests_footage_runs_out(city: City) -> None:
    # Footage past its minimum: nothing but the request keeps it, so it can be deleted when the term is over.
    told = city.do("officer-lin", "/requests", daan(interval=["2026-07-01T08:00:00Z", "2026-07-01T08:25:00Z"]))
    term = instant(told["term_ends_at"])
    turn(city, term - timedelta(days=4))
    assert not proposals(city, told["request_id"])
    for days in (2, 1):
        turn(city, term - timedelta(days=days))
    (proposed,) = city.until(lambda: proposals(city, told["request_id"]))
    assert (proposed.runs_out_at, proposed.scope.cameras) == (term, ("cam-19",))


def test_no_hold_is_proposed_while_the_policy_keeps_the_footage_anyway(city: City) -> None:
    told = asked(city)
    turn(city, instant(told["term_ends_at"]) - A_DAY)
    assert not proposals(city, told["request_id"])


def test_no_hold_is_proposed_for_a_request_that_was_withdrawn(city: City) -> None:
    told = asked(city)
    city.do("officer-lin", f"/requests/{told['request_id']}/withdraw")
    turn(city, instant(told["term_ends_at"]) - A_DAY)
    assert not proposals(city, told["request_id"])


def test_what_the_clock_does_names_the_system_and_the_version_of_the_policy(city: City) -> None:
    told = asked(city)
    turn(city, instant(told["term_ends_at"]))
    city.until(lambda: closings(city, told["request_id"]))
    written = [r.recorded for r in city.custody.log("request.events")]
    (closed,) = [r for r in written if isinstance(r.event, RequestClosed) and str(r.event.request_id) in told.values()]
    assert closed.envelope.actor_role == "service:access"
    assert closed.envelope.policy_version.startswith("daan-cctv@")
