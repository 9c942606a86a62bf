"""Every page for everybody: no serious fault of access, light, and from here alone."""

from __future__ import annotations

from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from services.access.console.frame import POLICY as CONTENT_POLICY
from tests.browser.clerk import Clerk
from tests.browser.conftest import LANGUAGES, ClerkOf
from tests.fakes.clause_city import City, iso, now

WHO: Final = "sysman-wu"
WEIGHT_MAX: Final = 150_000
SERIOUS: Final = ("serious", "critical")
PAGES: Final = (
    "", "/new", "/new/daan-cctv/party", "/requests", "/requests/{request}", "/events/request/{request}", "/holds",
    "/cameras", "/cameras/{camera}",
    "/map", "/projects", "/deletion", "/registers/requests", "/registers/access", "/registers/catalog", "/policies",
    "/policies/daan-cctv", "/policies/spd-cctv", "/requests/nothing",
)  # fmt: skip
WEIGHT: Final = """() => {
  const parts = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  return parts.reduce((sum, each) => sum + each.decodedBodySize, 0);
}"""


@pytest.fixture(scope="module")
def places(city: City) -> dict[str, str]:
    """A request in its chain, footage and a hold on a camera: the pages have something to show."""
    camera = city.cameras["daan-cctv"][2]
    footage = city.recorded(camera)
    city.old(camera, days=92, how_many=2)
    body = {
        "policy_id": "daan-cctv",
        "requester": {"class": "internal", "name": "made up", "unit": "registration", "telephone": "555"},
        "request": {
            "kind": "internal",
            "action": "view",
            "cameras": [camera],
            "interval": footage.interval,
            "legal_basis": ["point_6_1"],
            "purposes": ["public_order"],
            "purpose": "dispute at the counter",
        },
    }
    request = city.do("officer-lin", "access", "/requests", body)["request_id"]
    scope = {"cameras": [camera], "from": footage.interval[0], "to": iso(now())}
    held = {"scope": scope, "matter": "115-0042", "authority": "district court", "hold_kind": "preservation"}
    city.do(WHO, "access", "/holds", held | {"review_by": iso(now())[:8] + "28T00:00:00Z"})
    return {"camera": camera, "request": str(request)}


def opened(clerk: Clerk, page: str, places: dict[str, str]) -> Any:  # noqa: ANN401 - an answer of the browser's
    return clerk.opens(page.format(**places))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_has_a_serious_fault_of_access_or_weighs_too_much_or_asks_elsewhere(
    clerk_of: ClerkOf, places: dict[str, str], language: str
) -> None:
    clerk, faults = clerk_of(WHO, language), []
    for page in PAGES:
        answer = opened(clerk, page, places)
        assert answer.headers["content-security-policy"].startswith(CONTENT_POLICY.partition(";")[0]), page
        found = Axe().run(clerk.page).response["violations"]
        faults += [(page, each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in SERIOUS]
        weight = clerk.page.evaluate(WEIGHT)
        faults += [(page, "weight", weight)] if not 0 < weight < WEIGHT_MAX else []
    assert faults == []
    assert clerk.strangers == []
    assert clerk.faults == []
