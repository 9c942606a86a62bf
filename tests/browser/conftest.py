"""One installation and one browser for the whole folder; each person has a context of their own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

from services.cli.up.people import DEMO_PEOPLE, DemoPerson
from tests.browser.clerk import Clerk
from tests.conftest import Addresses
from tests.fakes.clause_city import City
from tests.fakes.footage import BODYWORN, clip
from tests.fakes.installed import installed
from tests.fakes.streaming import streaming
from tests.integration.clauses.conftest import settle

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
LANGUAGES: Final = ("zh-Hant", "en")
AGENCIES: Final = {"spd-cctv": 8, "daan-cctv": 10, "npa-bwc": 6, "taipei-live": 2}
# A second account of Lin's, and one of Wu's: four eyes are counted by person.
SECOND_ACCOUNTS: Final = (
    DemoPerson("lin-second", "p-0001", "Lin (made up)", ("unit_head", "applicant_supervisor"), "squad_leader"),
    DemoPerson("wu-second", "p-0003", "Wu (made up)", ("unit_head", "ethics_office")),
    DemoPerson("police-peng", "p-0030", "Peng (made up)", ("applicant", "police"), "officer", "npa"),
)
ClerkOf = Callable[[str, str], Clerk]


@pytest.fixture(scope="package")
def program() -> str:
    """Where this machine has Chromium. CI has it (scripts/apt.sh); elsewhere these tests are skipped, and say so."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine: install it (apt-get install chromium), or see scripts/apt.sh")
    return found


@pytest.fixture(scope="package")
def city(stack: Addresses, program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A running installation with the four agencies' policies and cameras, its console open to demo people."""
    assert program
    home = tmp_path_factory.mktemp("browser")
    silent = clip(home / "silent.mp4", seconds=2.0, kinds=("video",)).read_bytes()
    loud = clip(home / "loud.mp4", source=BODYWORN, seconds=2.0).read_bytes()
    people = (*DEMO_PEOPLE, *SECOND_ACCOUNTS)
    with streaming() as streams, httpx.Client(timeout=60) as http:
        streams.show("taipei-live-0", "taipei-live-1")
        more = {"CAMLEDGER_LIVE_UPSTREAM": f"{streams.url}/{{camera}}/index.m3u8"}
        yield from running_city(stack, home, people, more, (http, silent, loud))


def running_city(
    stack: Addresses,
    home: Path,
    people: tuple[DemoPerson, ...],
    more: dict[str, str],
    parts: tuple[httpx.Client, bytes, bytes],
) -> Iterator[City]:
    """Run the installation until the tests of the folder are over."""
    with installed(stack, home, people, **more) as installation:
        running = City(installation, *parts)
        settle(running, AGENCIES)
        yield running


@pytest.fixture(scope="package")
def chromium(city: City, program: str) -> Iterator[Browser]:
    """The browser; it ends before the installation does."""
    assert city.installation.urls
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="package")
def clerk_of(city: City, chromium: Browser) -> Iterator[ClerkOf]:
    """Return somebody at a desk of their own, signed in once through the page."""
    seated: dict[tuple[str, str], Clerk] = {}
    console = f"{city.installation.urls['access']}/console"

    def clerk(account: str, language: str) -> Clerk:
        if (account, language) not in seated:
            seated[account, language] = Clerk.signed_in(chromium, console, account, language)
        return seated[account, language]

    yield clerk
    for each in seated.values():
        each.leave()
