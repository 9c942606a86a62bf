"""Seattle: defence counsel gets recordings in discovery with a bundle; immigration enforcement is led to counsel."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.access.bundle import verify
from tests.browser.clerk import Clerk
from tests.browser.conftest import LANGUAGES, ClerkOf
from tests.fakes.clause_city import CLIP, City, Footage, iso, now

SEATTLE = ZoneInfo("America/Los_Angeles")
MINUTE = timedelta(minutes=1)


def masked(city: City) -> Footage:
    """Footage of a camera whose window is masked by attestation."""
    camera = city.next("spd-cctv")
    mask = {"mask_version": "m1", "areas": ["window-1"], "valid_from": iso(now() - timedelta(days=365))}
    city.do("admin-root", "ingest", f"/cameras/{camera}/mask", mask)
    return city.recorded(camera)


def asks(clerk: Clerk, kind: str, of_class: str, footage: Footage) -> str:
    """Fill in a form of Seattle's and hand it in; return the request's id."""
    clerk.menu("new_request")
    clerk.follows(f"/console/new/spd-cctv/{kind}")
    clerk.picks("requester.class", of_class)
    clerk.picks("requester.on_behalf_of", "nobody")
    clerk.writes("request.case_number", "26-0001")
    answers = {"request.ground": "crime_investigation", "request.subjects": "homicide", "request.asks": "footage"}
    for question, answer in answers.items():
        if clerk.page.locator(f"[name='{question}']").count():
            clerk.picks(question, answer)
    if clerk.page.locator("[name='request.reference']").count():
        clerk.writes("request.reference", "letter 12")
    start = footage.start.astimezone(SEATTLE).replace(second=0)
    clerk.spans("request.interval", start, (footage.start + CLIP).astimezone(SEATTLE).replace(second=0) + MINUTE)
    clerk.picks("request.cameras", footage.camera)
    clerk.presses("hand_in")
    return clerk.reads_request()


@pytest.mark.parametrize("language", LANGUAGES)
def test_defence_counsel_takes_a_bundle_home_that_verifies(
    city: City, clerk_of: ClerkOf, language: str, tmp_path: Path
) -> None:
    counsel = clerk_of("defence-ruiz", language)
    request_id = asks(counsel, "discovery", "defence_counsel", masked(city))
    for account in ("records-reed", "captain-diaz"):
        clerk_of(account, language).signs(request_id)
    counsel.opens(f"/requests/{request_id}")
    counsel.sends(f"{request_id}/copies")
    counsel.sees(counsel.word("done_copied"))
    with counsel.page.expect_download() as fetched:
        counsel.sends(f"{request_id}/bundle")
    bundle = tmp_path / "bundle.zip"
    fetched.value.save_as(bundle)
    assert verify.check(verify.Bundle(bundle)) == []
    counsel.opens(f"/requests/{request_id}")
    counsel.sends(f"{request_id}/receipt")
    counsel.sees(counsel.word("done_received_copy"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_immigration_enforcement_is_led_to_the_mayors_counsel_and_decided_nowhere_else(
    city: City, clerk_of: ClerkOf, language: str
) -> None:
    agent = clerk_of("ice-doe", language)
    request_id = asks(agent, "agency", "immigration_enforcement", masked(city))
    agent.sees(agent.word("done_routed"))
    assert agent.page.get_by_text("SPD-13").count()
    captain = clerk_of("captain-diaz", language)
    captain.opens(f"/requests/{request_id}")
    assert captain.page.locator("button[name=decision]").count() == 0
    lawyer = clerk_of("counsel-ames", language)
    lawyer.menu("home")
    lawyer.follows(f"/console/requests/{request_id}")
    lawyer.page.locator("textarea[name=note]").fill("no judicial warrant")
    lawyer.page.locator("button[name=decision][value=deny]").click()
    lawyer.sees(lawyer.word("done_denied"))
    assert city.see("auditor-fong", "access", f"/requests/{request_id}")["state"] == "denied"
