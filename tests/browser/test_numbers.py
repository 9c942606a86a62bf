"""Every number on every page is its owner's own, in two installations whose databases hold different numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import httpx
import pytest
from playwright.sync_api import Browser

from services.access.console.menu import ENTRIES
from services.cli.up.people import DEMO_PEOPLE
from tests.browser import numbers, owners
from tests.browser.clerk import Clerk
from tests.browser.conftest import LANGUAGES
from tests.browser.numbers import Figures
from tests.browser.owners import LISTS, PAGES, WHO
from tests.conftest import Addresses
from tests.fakes.clause_city import CLIP, City, iso, now
from tests.fakes.installed import installed
from tests.integration.clauses.conftest import settle

POLICY: Final = "daan-cctv"
# Of each thing another number in each installation, and within one no number twice: a swapped one is seen, too.
SEEDS: Final = (
    {"recorded": 2, "held": 5, "due": 4, "holds": 3, "asked": 2, "viewed": 1},
    {"recorded": 3, "held": 7, "due": 6, "holds": 1, "asked": 3, "viewed": 2},
)
LOOKS: Final = 3
LOOKED_BACK: Final = "days=105"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One installation, the camera that it was seeded on, and somebody at a desk for each language."""

    city: City
    camera: str
    clerks: tuple[Clerk, ...]


@pytest.fixture(scope="module")
def places(
    city: City, stack: Addresses, chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Place]]:
    """Two installations of one agency on one broker and one database server, with other events in each."""
    homes = [tmp_path_factory.mktemp(name) for name in ("one", "two")]
    with (
        httpx.Client(timeout=60) as http,
        installed(stack, homes[0], DEMO_PEOPLE) as first,
        installed(stack, homes[1], DEMO_PEOPLE) as second,
    ):
        cities = [City(each, http, city.silent, b"") for each in (first, second)]
        found = [_place(each, seed, chromium) for each, seed in zip(cities, SEEDS, strict=True)]
        yield found
        for clerk in (clerk for place in found for clerk in place.clerks):
            clerk.leave()


def _place(city: City, seed: dict[str, int], chromium: Browser) -> Place:
    settle(city, {POLICY: seed["recorded"]})
    camera = city.cameras[POLICY][0]
    for _ in range(seed["recorded"]):
        city.recorded(camera)
    _queued(city, camera, seed["due"])
    city.old(camera, days=85, how_many=seed["held"])
    held = [city.hold(camera, days=number or 85, kind="preservation") for number in range(seed["holds"])]
    city.do(WHO, "access", f"/holds/{held[0]}/propose-release")
    for _ in range(seed["asked"]):
        _asked(city, camera)
    for _ in range(seed["viewed"]):
        _viewed(city, _asked(city, camera))
    console = f"{city.installation.urls['access']}/console"
    return Place(
        city=city, camera=camera, clerks=tuple(Clerk.signed_in(chromium, console, WHO, each) for each in LANGUAGES)
    )


def _queued(city: City, camera: str, how_many: int) -> None:
    """Take over what is past its term, and let its recovery window run."""
    start = now() - timedelta(days=93)
    body = {"takeover_id": "queued", "camera_id": camera, "source": "old-recorder", "footage_from": iso(start)}
    city.do(WHO, "ingest", "/takeovers", body | {"footage_to": iso(start + how_many * CLIP)})
    for number in range(how_many):
        assert city.upload(camera, start + number * CLIP, takeover="queued").status_code == 201
    city.until(lambda: sum(each["segments"] for each in city.see(WHO, "retention", "/due")) == how_many)


def _asked(city: City, camera: str) -> str:
    """Ask for footage, as far as the step of the system manager."""
    request = {"kind": "internal", "action": "view", "cameras": [camera], "interval": city.recorded(camera).interval}
    request |= {"legal_basis": "point_6_1", "purposes": ["investigation"], "purpose": "a theft at the counter"}
    requester = {"class": "internal", "name": "made up", "unit": "registration", "telephone": "555"}
    body = {"policy_id": POLICY, "requester": requester, "request": request}
    request_id = city.do("officer-lin", "access", "/requests", body)["request_id"]
    city.sign(request_id, ("sign", "officer-lin"), ("applicant_supervisor", "head-chen"))
    return str(request_id)


def _viewed(city: City, request_id: str) -> None:
    """Have the other steps signed, and see the footage."""
    above = (("manager_supervisor", "supervisor-kao"), ("secretary", "secretary-ho"), ("director", "director-tsai"))
    city.sign(request_id, ("system_manager", WHO), *above)
    city.watch("officer-lin", request_id)


def pages(place: Place) -> dict[str, Figures]:
    """Return what the owners tell, by page."""
    told = {page: owner(place.city) for page, owner in PAGES.items()}
    return told | {f"/cameras/{place.camera}?{LOOKED_BACK}": owners.camera(place.city, place.camera)}


def read(clerk: Clerk, page: str) -> Figures:
    """Return what a page shows; footage that it tells in several lines is one number."""
    clerk.opens(page)
    found = numbers.shown(clerk.page, clerk.language)
    marks = sum(n[0] * times for (name, n), times in found.words.items() if name == "segments_number")
    words = Counter({key: times for key, times in found.words.items() if key[0] != "segments_number"})
    words += owners.counted(("segments_number", marks)) if marks else Counter()
    if page in LISTS:
        words += owners.counted(("rows", clerk.page.locator("main tbody tr:not(.rest)").count()))
    if page == "/deletion":
        words += owners.counted(("zero", int(clerk.page.locator(".zero").inner_text())))
    return replace(found, words=words)


def differences(place: Place, clerk: Clerk) -> dict[str, tuple[Figures, Figures]]:
    """Return the pages that show another number than their owner tells, with both."""
    told = pages(place)
    found = {page: read(clerk, page).without(told[page].quoted) for page in told}
    again = pages(place)  # a request becomes a row while one looks: then look once more
    return {page: (found[page], again[page]) for page in told if found[page] not in (told[page], again[page])}


def test_every_page_of_the_menu_is_compared() -> None:
    menu = {to.removeprefix("/console") for to, _ in ENTRIES}
    assert {each for each in menu if not any(page == each or page.startswith(f"{each}/") for page in PAGES)} == set()


def test_every_number_on_every_page_is_what_its_owner_tells_in_both_installations(places: list[Place]) -> None:
    for place in places:
        for clerk in place.clerks:
            looks = (differences(place, clerk) for _ in range(LOOKS))
            found = next((found for found in looks if not found), differences(place, clerk))
            assert not found, f"{clerk.language}: {found}"


def test_the_two_installations_tell_other_numbers_of_everything(places: list[Place]) -> None:
    first, second = (pages(each) for each in places)
    counting = {page for page in PAGES if first[page].how_many} - {"/holds"}
    assert {page for page in counting if first[page] == second[page]} == set()
    assert sum(each.how_many for each in (*first.values(), *second.values())) > 30


SWAPPED: Final = """() => {
  document.querySelector('main').append('and 41 more');
  const counted = document.querySelector('main td .small b');
  counted.textContent = counted.textContent.replace(/[0-9]+/, '77');
}"""


def test_a_swapped_number_and_one_that_nobody_owns_are_noticed(places: list[Place]) -> None:
    place, clerk = places[0], places[0].clerks[1]
    assert read(clerk, "/holds") == owners.holds(place.city)
    clerk.page.evaluate(SWAPPED)
    wrong = numbers.shown(clerk.page, clerk.language)
    assert wrong.words != owners.holds(place.city).words
    assert wrong.strange == ("and 41 more",)
