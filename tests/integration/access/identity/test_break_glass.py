"""Break-glass over HTTP and in the console: what it gives, what it never gives, and that it stands on the log."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from services.kernel.events import BreakGlassAsked, BreakGlassEnded, BreakGlassOpened, HoldPlaced
from tests.integration.access.console.browsing import Browser
from tests.integration.access.identity.conftest import Office

WHY = "nobody of the custody unit answers"
HOLD = {
    "scope": {"cameras": ["cam-19"], "from": "2026-11-01T08:00:00Z"},
    "matter": "m-glass",
    "authority": "chief",
    "review_by": "2027-02-01T00:00:00Z",
}


def asked(office: Office, account: str, *, at_once: bool) -> str:
    body = {"role": "custodian", "why": WHY, "minutes": 30, "at_once": at_once}
    told = office.call(account, "POST", "/break-glass", body)
    assert told.status_code == 201, told.text
    return str(told.json()["session_id"])


def test_it_gives_a_hold_marks_it_and_never_lets_one_go(office: Office) -> None:
    assert office.call("ames", "POST", "/holds", HOLD).status_code == 403
    session = asked(office, "ames", at_once=True)
    placed = office.call("ames", "POST", "/holds", HOLD)
    assert placed.status_code in (200, 202), placed.text
    hold_id = placed.json()["hold_id"]
    office.city.told("hold.events", HoldPlaced, lambda event: str(event.hold_id) == hold_id)
    log = [received.recorded for received in office.city.custody.log("hold.events")]
    (mark,) = [each.envelope.reason for each in log if str(getattr(each.event, "hold_id", "")) == hold_id]
    assert mark == f"break-glass/{session}"
    released = office.call("ames", "POST", f"/holds/{hold_id}/propose-release")
    assert (released.status_code, released.json()["refusal"]) == (403, "NotEntitled")
    assert office.call("ames", "POST", f"/break-glass/{session}/end").json()["ended"] == "given_back"
    assert office.call("ames", "POST", "/holds", HOLD).status_code == 403


def test_each_step_is_an_event_and_wants_a_fresh_sign_in(office: Office) -> None:
    body = {"role": "custodian", "why": WHY, "at_once": True}
    assert office.call("chen", "POST", "/break-glass", body, auth_time=1_700_000_000).status_code == 401
    session = asked(office, "chen", at_once=False)
    assert office.call("chen", "POST", f"/break-glass/{session}/agree").status_code == 403
    assert office.call("kao", "POST", f"/break-glass/{session}/agree", auth_time=None).status_code == 401
    assert office.call("kao", "POST", f"/break-glass/{session}/agree").json()["state"] == "open"
    assert office.call("kao", "POST", f"/break-glass/{session}/end").json()["ended"] == "taken_back"
    meant = UUID(session)
    assert office.city.told("access.events", BreakGlassAsked, lambda event: event.session_id == meant)
    assert office.city.told("access.events", BreakGlassOpened, lambda event: event.session_id == meant)
    assert office.city.told("access.events", BreakGlassEnded, lambda event: event.session_id == meant)


def test_a_page_shows_it_to_who_may_see_it_and_a_banner_to_its_holder(
    office: Office, browser_of: Callable[..., Browser]
) -> None:
    holder, second = browser_of("wu-second"), browser_of("kao", "zh-Hant")
    sent = {"role": "records_unit", "why": "<script>alert(1)</script> nobody is there", "minutes": "30"}
    page = holder.send("/console/break-glass", "/console/break-glass", {**sent, "begins": "agreed"})
    assert "It is on the log" in page.text
    assert "&lt;script&gt;" in page.text
    waiting = second.get("/console")
    assert "申請緊急授權" in waiting.text
    session = next(
        e for e in office.call("kao", "GET", "/break-glass").json()["break_glass"] if e["state"] == "waiting"
    )
    agreed = second.send("/console/break-glass", f"/console/break-glass/{session['session_id']}/agree")
    assert "您已同意" in agreed.text
    assert "Every act is marked with it" in holder.get("/console/holds").text
    ended = holder.send("/console/break-glass", f"/console/break-glass/{session['session_id']}/end")
    assert "given back" in ended.text
    assert "marked with it" not in holder.get("/console/holds").text
    assert browser_of("lin").get("/console/break-glass").status_code == 200
