"""The precinct: an officer asks for a copy of body-worn footage, it is decided, made, and signed for."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.browser.clerk import Clerk
from tests.browser.conftest import LANGUAGES, ClerkOf
from tests.fakes.clause_city import CLIP, City, Footage, now

TAIPEI = ZoneInfo("Asia/Taipei")
MINUTE = timedelta(minutes=1)
CHAIN = (
    ("sign", "police-peng"),
    ("unit_head", "head-chen"),
    ("review", "handling-su"),
    ("decide", "director-tsai"),
)


def fills_in(clerk: Clerk, footage: Footage) -> None:
    """Fill in annex 2 for a copy."""
    clerk.menu("new_request")
    clerk.follows("/console/new/npa-bwc/police")
    clerk.picks("requester.class", "police")
    for question, text in (
        ("requester.unit", "second precinct"),
        ("requester.title", "officer"),
        ("requester.name", "Peng (made up)"),
        ("request.officer_on_duty", "p-0031"),
        ("request.duty_item", "patrol"),
        ("request.cause", "theft"),
        ("request.purpose", "identify a thief"),
        ("request.time", f"{now().astimezone(TAIPEI):%Y-%m-%d %H:%M}"),
    ):
        clerk.writes(question, text)
    clerk.picks("request.action", "copy")
    clerk.picks("request.purposes", "criminal_case")
    start = footage.start.astimezone(TAIPEI).replace(second=0)
    clerk.spans("request.interval", start, (footage.start + CLIP).astimezone(TAIPEI).replace(second=0) + MINUTE)
    clerk.picks("request.cameras", footage.camera)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_copy_is_decided_made_and_signed_for(city: City, clerk_of: ClerkOf, language: str) -> None:
    footage = city.recorded(city.next("npa-bwc"), sound=True)
    officer = clerk_of("police-peng", language)
    fills_in(officer, footage)
    officer.presses("hand_in")
    request_id = officer.reads_request()
    for _, account in CHAIN:
        clerk_of(account, language).signs(request_id)
    officer.opens(f"/requests/{request_id}")
    officer.sends(f"{request_id}/copies")
    officer.sees(officer.word("done_copied"))
    officer.sends("/sign")
    officer.sees(officer.word("done_received_copy"))
    (copy,) = city.see("auditor-fong", "access", f"/requests/{request_id}")["copies"]
    assert copy["signed_by"], copy
    assert copy["sha256"][:8] in officer.reads() or copy["copy_number"] in officer.reads()
