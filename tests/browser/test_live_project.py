"""Taipei: five offices decide on a live project in their order, a member watches, and it is cut when consent ends."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.browser.clerk import Clerk
from tests.browser.conftest import LANGUAGES, ClerkOf
from tests.fakes.clause_city import City, now

TAIPEI = ZoneInfo("Asia/Taipei")
CAMERA = "taipei-live-0"


def sets_up(clerk: Clerk, project: str) -> None:
    """The group sets its project up."""
    clerk.menu("projects")
    clerk.writes("project_id", project)
    clerk.writes("record.name", "river festival")
    clerk.picks("record.purpose", "large_event")
    clerk.writes("record.lead_agency", "department of culture")
    clerk.picks("record.police_contact", "p-0023")
    clerk.picks("record.dashboard_admin", "p-0024")
    clerk.page.locator("input[name='record.outsourced']").check()
    clerk.presses("set_up_project")
    clerk.sees(clerk.word("done_decided"))


def decides(clerk: Clerk, project: str, decision: str) -> None:
    """Open a project and take one's decision on it."""
    clerk.opens(f"/projects/{project}")
    form = clerk.page.locator(f"form:has(input[name=decision][value={decision}])").first
    if decision == "police_consent":
        form.locator(f"input[name=cameras][value='{CAMERA}']").check()
    if decision == "members":
        form.locator("input[name=members][value='p-0001']").check()
    if decision == "set_permissions":
        starts = now().astimezone(TAIPEI) - timedelta(minutes=5)
        form.locator("input[name=from]").fill(f"{starts:%Y-%m-%dT%H:%M}")
        form.locator("input[name=to]").fill(f"{starts + timedelta(days=1):%Y-%m-%dT%H:%M}")
        form.locator("textarea[name=networks]").fill("127.0.0.0/8")
    form.locator("button[type=submit]").click()
    clerk.sees(clerk.word("done_decided"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_from_five_decisions_to_the_cut(city: City, clerk_of: ClerkOf, language: str) -> None:
    project = f"river-{language.lower()}"
    sets_up(clerk_of("lead-ong", language), project)
    administrator = clerk_of("dashboard-yen", language)
    administrator.opens(f"/projects/{project}")
    assert administrator.page.locator("input[name=decision][value=set_permissions]").count() == 0
    for decision, account in (
        ("lead_decision", "executive-jian"),
        ("police_consent", "consent-hsu"),
        ("members", "lead-ong"),
        ("set_permissions", "dashboard-yen"),
    ):
        decides(clerk_of(account, language), project, decision)
    member = clerk_of("officer-lin", language)
    member.menu("map")
    member.follows(f"/console/live?camera={CAMERA}")
    member.picks("project", project)
    member.picks("live.ground", "statutory_duty")
    member.writes("live.legal_basis", "Local Government Act art. 18")
    member.presses("open_live")
    member.page.locator("video").wait_for(state="attached")
    playlist = member.page.locator("video").evaluate("v => v.querySelector('source')?.src || v.src")
    assert member.page.request.get(playlist).ok
    police = clerk_of("consent-hsu", language)
    police.opens(f"/projects/{project}")
    police.page.locator("details:has(form[action$='/withdrawals'])").first.locator("summary").click()
    police.sends("/withdrawals")
    police.sees(police.word("done_taken_back"))
    city.until(lambda: not member.page.request.get(playlist).ok, within_s=15)
