"""Every number on every page is its owner's own, in two installations whose databases hold different numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final
from urllib.parse import urlencode

import httpx
import pytest
from playwright.sync_api import Browser

from services.access.console.cameras import LENGTHS
from services.access.console.menu import ENTRIES
from services.cli.up.people import DEMO_PEOPLE
from tests.browser import numbers, ones, owners, reading
from tests.browser.clerk import Clerk
from tests.browser.numbers import Figures
from tests.browser.owners import LISTS, PAGES
from tests.browser.reading import Read, Told
from tests.browser.seeding import POLICY, PROJECT, Place, policies, seeded
from tests.conftest import Addresses
from tests.fakes.clause_city import City
from tests.fakes.installed import installed

LOOKS: Final = 3
LOOKED_BACK: Final = "days=105"


@pytest.fixture(scope="module")
def places(
    city: City, stack: Addresses, chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Place]]:
    """Two installations of one agency on one broker and one database server, with other events in each."""
    homes = [tmp_path_factory.mktemp(name) for name in ("one", "two")]
    with (
        httpx.Client(timeout=60) as http,
        installed(stack, homes[0], DEMO_PEOPLE, CAMLEDGER_POLICIES=str(policies(homes[0] / "packs", 0))) as first,
        installed(stack, homes[1], DEMO_PEOPLE, CAMLEDGER_POLICIES=str(policies(homes[1] / "packs", 1))) as second,
    ):
        cities = [City(each, http, city.silent, b"") for each in (first, second)]
        found = [seeded(each, number, chromium) for number, each in enumerate(cities)]
        yield found
        for clerk in (clerk for place in found for clerk in (*place.clerks, *place.auditors)):
            clerk.leave()


def pages(place: Place) -> dict[str, Figures]:
    """Return what the owners tell, by page."""
    told = {page: owner(place.city) for page, owner in PAGES.items()}
    return told | {f"/cameras/{place.camera}?{LOOKED_BACK}": owners.camera(place.city, place.camera)}


def read(clerk: Clerk, page: str) -> Figures:
    """Return what a page shows; footage that it tells in several lines is one number."""
    clerk.opens(page)
    found = numbers.shown(clerk.page, clerk.language)
    found = found.whole() if not page else found
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


def single(place: Place, number: int) -> dict[str, tuple[Read, Told]]:
    """Return how somebody at a desk reads the page of each single thing, and what its owner tells."""
    city, clerk, auditor, (viewed, copied) = place.city, place.clerks[number], place.auditors[number], place.requests
    found: dict[str, tuple[Read, Told]] = {
        "a viewed request": (reading.page(clerk, f"/requests/{viewed}"), partial(ones.request, city, viewed)),
        "a copied request": (reading.page(clerk, f"/requests/{copied}"), partial(ones.request, city, copied)),
        "a hold": (reading.page(clerk, "/holds", f"[id='h-{place.hold}']"), partial(ones.hold, city, place.hold)),
        "a project": (reading.page(auditor, f"/projects/{PROJECT}"), partial(ones.project, city, PROJECT)),
        "a policy": (reading.page(clerk, f"/policies/{POLICY}"), partial(ones.policy, city, POLICY)),
        "a proof": (reading.proof(clerk, place.certificate), partial(ones.proof, city, place.certificate)),
    }
    for days in LENGTHS:
        read = reading.bands(clerk, f"/cameras/{place.camera}?days={days}")
        found[f"a camera, {days} days"] = (read, partial(ones.bands, city, place.camera, days))
    for name, asked in (
        ("requests", {"camera": place.camera}),
        ("access", {"request": viewed}),
        ("catalog", {"camera": place.gone}),
    ):
        read = reading.entry(clerk, f"/registers/{name}?{urlencode(asked)}")
        found[f"entries of {name}"] = (read, partial(ones.entry, city, name, **asked))
    return found


def unlike(read: Read, told: Told, looks: int = LOOKS) -> tuple[Figures, Figures] | None:
    """Return what a page shows and what its owner tells, where they differ however often one looks."""
    before = told()
    shown, after = read(before), told()  # the log goes on growing while one looks
    if shown in (before, after):
        return None
    return unlike(read, told, looks - 1) if looks > 1 else (shown, after)


def test_every_number_on_the_page_of_a_single_thing_is_what_its_owner_tells(places: list[Place]) -> None:
    for place in places:
        for number, clerk in enumerate(place.clerks):
            looked = {name: unlike(*both) for name, both in single(place, number).items()}
            found = {name: both for name, both in looked.items() if both}
            assert not found, f"{clerk.language}: {found}"


def test_the_two_installations_tell_other_numbers_of_every_single_thing(places: list[Place]) -> None:
    first, second = ({name: told() for name, (_, told) in single(each, 0).items()} for each in places)
    assert {name for name in first if not first[name].how_many or first[name] == second[name]} == set()


def test_a_swapped_number_on_the_page_of_a_single_thing_is_noticed(places: list[Place]) -> None:
    for name, (read, told) in single(places[0], 1).items():
        wrong = single(places[1], 1)[name][1]()
        assert read(told()) != replace(wrong, quoted=told().quoted), name
