"""Every number that a page shows is the owner's own: two states of the databases, each compared with the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import pytest

from tests.browser.clerk import Clerk
from tests.browser.conftest import LANGUAGES, ClerkOf
from tests.fakes.clause_city import City, iso, now

WHO, FIRST_DAY = "sysman-wu", timedelta(days=104)
REGISTERS: Final = ("requests", "access", "catalog")
ROWS_SHOWN: Final = 50
Figures = dict[str, object]


def see(city: City, service: str, path: str, **query: str) -> Any:  # noqa: ANN401
    return city.see(WHO, service, path, **query)


def told(city: City, camera: str) -> Figures:
    """What the owners tell, asked as one would who has no page: footage is counted by its segments."""
    overdue = sum(e["segments"] for e in see(city, "retention", "/overdue") if e["outcome"] == "overdue")
    days = see(city, "retention", "/due/days", zone="Asia/Taipei", days="7")
    listed = [each for each in see(city, "access", "/holds", kind="hold")["holds"] if not each["released"]]
    since = iso(now() - FIRST_DAY)
    segments = see(city, "ingest", "/segments", camera=camera, limit="5000", **{"from": since})["segments"]
    registers = {
        name: see(city, "analytics", f"/registers/{name}", limit=str(ROWS_SHOWN))["rows"] for name in REGISTERS
    }
    return {
        "overdue": overdue,
        "holds": {
            "number": len(listed),
            "effective": sum(each["state"] == "effective" for each in listed),
            "securing": sum(each["state"] in ("received", "accepted", "parked") for each in listed),
            "second": sum(bool(each["release_proposed_by"]) for each in listed),
        },
        "secured": sorted(int(each["secured_segments"]) for each in listed if each["effective_since"]),
        "week": sum(int(each["segments"]) for each in days),
        "segments": len(segments),
        "rows": {name: len(rows) for name, rows in registers.items()},
    }


def shown(clerk: Clerk, camera: str) -> Figures:
    """What stands on the pages, read from them as a person reads."""
    clerk.opens("")
    home = number_in(clerk, clerk.page.locator("ul.state").inner_text(), "overdue_count")
    clerk.opens("/holds")
    head = clerk.page.locator(".head").inner_text()
    secured = [number_in(clerk, each, "secured_segments") for each in texts(clerk, "td .small b")]
    clerk.opens("/deletion")
    zero = int(clerk.page.locator(".zero").inner_text())
    assert zero == home
    sums = texts(clerk, "table.week tr.sum td:last-child")
    clerk.opens(f"/cameras/{camera}?days=105")
    marks = [number_in(clerk, each, "segments_number") for each in texts(clerk, "td") if said(clerk, each)]
    rows = {}
    for name in REGISTERS:
        clerk.opens(f"/registers/{name}")
        rows[name] = clerk.page.locator("main tbody tr").count()
    return {
        "overdue": zero,
        "holds": numbers_in(clerk, head, "holds_count"),
        "secured": sorted(secured),
        "week": int(sums[0].replace(",", "")) if sums else 0,
        "segments": sum(marks),
        "rows": rows,
    }


def texts(clerk: Clerk, selector: str) -> list[str]:
    return clerk.page.locator(f"main {selector}").all_inner_texts()


def said(clerk: Clerk, text: str) -> bool:
    return pattern(clerk, "segments_number").search(text) is not None


def pattern(clerk: Clerk, word: str) -> re.Pattern[str]:
    """Return the sentence of a word with its numbers as groups."""
    holes = {name: f"\0{name}\0" for name in ("number", "effective", "securing", "second")}
    spoken = re.escape(clerk.word(word, **holes)).replace("\\\0", "\0")
    return re.compile(re.sub("\0(\\w+)\0", r"(?P<\1>[\\d,]+)", spoken))


def numbers_in(clerk: Clerk, text: str, word: str) -> Mapping[str, int]:
    found = pattern(clerk, word).search(text)
    assert found is not None, (word, text)
    return {name: int(value.replace(",", "")) for name, value in found.groupdict().items()}


def number_in(clerk: Clerk, text: str, word: str) -> int:
    return numbers_in(clerk, text, word)["number"]


def compared(city: City, clerk_of: ClerkOf, camera: str) -> Figures:
    """Compare page and API in both languages until they agree: a hold becomes effective while one looks."""
    for language in LANGUAGES:
        clerk = clerk_of(WHO, language)
        city.until(lambda clerk=clerk: told(city, camera) == shown(clerk, camera))  # type: ignore[misc]
        assert shown(clerk, camera) == told(city, camera)
    return told(city, camera)


@pytest.fixture(scope="module")
def camera(city: City) -> str:
    return city.next("daan-cctv")


def test_pages_and_owners_agree_before_and_after_everything_has_changed(
    city: City, clerk_of: ClerkOf, camera: str
) -> None:
    before = compared(city, clerk_of, camera)
    for _ in range(3):
        city.recorded(camera)
    city.old(camera, days=85, how_many=4)
    city.hold(camera, days=85, kind="preservation")
    hold_id = city.hold(camera, days=1, kind="preservation")
    city.do(WHO, "access", f"/holds/{hold_id}/propose-release")
    after = compared(city, clerk_of, camera)
    assert {name for name in after if after[name] != before[name]} >= {"holds", "secured", "segments"}
