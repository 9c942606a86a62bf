"""Cameras, the deletion queue and the registers: every number is the owner's own, and a silent owner is named."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.conftest import Addresses
from tests.fakes.printed import Printed
from tests.fakes.telling import Telling, telling
from tests.integration.access.conftest import City, build, tear_down
from tests.integration.access.console.browsing import Browser
from tests.integration.access.console.test_holds import asked

HOUR = "2026-11-01T08:00:00Z"
QUEUED = {
    "camera_id": "cam-19",
    "hour": HOUR,
    "retention_class": "fixed",
    "stage": "queued",
    "segments": 3,
    "queued": 3,
    "commanded": 0,
    "next_at": "2026-11-25T17:00:00Z",
}
LATE = QUEUED | {"camera_id": "cam-20", "stage": "overdue", "segments": 2, "next_at": "2026-12-01T00:00:00Z"}
COLUMNS = [{"name": "number", "en": "Number", "zh": "申請編號"}, {"name": "submitted_at", "en": "At", "zh": "申請時間"}]
ROW = {"number": "<b>r-1</b>", "submitted_at": "2026-11-01T16:30:00Z"}


@pytest.fixture(scope="module")
def neighbours() -> Iterator[tuple[Telling, Telling]]:
    with telling() as retention, telling() as analytics:
        yield retention, analytics


@pytest.fixture(scope="module")
def footage(
    stack: Addresses, neighbours: tuple[Telling, Telling], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[City]:
    """Access with its console, and neighbours that tell what a test gives them."""
    built = build(stack, tmp_path_factory.mktemp("footage"))
    retention, analytics = neighbours
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CAMLEDGER_CONSOLE_IDENTITY", "demo")
        environment.setenv("CAMLEDGER_RETENTION_URL", retention.url)
        environment.setenv("CAMLEDGER_ANALYTICS_URL", analytics.url)
        try:
            built.start()
            built.settle()
            yield built
        finally:
            tear_down(built)


@pytest.fixture
def seen(footage: City) -> Iterator[Browser]:
    browser = Browser(footage.url, "sysman-wu")
    yield browser
    browser.client.close()


def tell_retention(retention: Telling, **breaker: object) -> None:
    retention.tells = {
        "/due": [QUEUED, LATE],
        "/due/days": [
            {"camera_id": "cam-19", "stage": "queued", "day": "2020-01-01", "hours": 1, "segments": 3},
            {"camera_id": "cam-20", "stage": "overdue", "day": "2020-01-01", "hours": 1, "segments": 2},
        ],
        "/overdue": [{"outcome": "overdue", "segments": 2}, {"outcome": "past_maximum_protected", "segments": 5}],
        "/status": {"breakers": [], "clock_halted": "", "swept_to": HOUR} | breaker,
    }


def test_the_queue_shows_retentions_numbers_with_exceptions_first(
    seen: Browser, neighbours: tuple[Telling, Telling]
) -> None:
    tell_retention(neighbours[0])
    page = seen.get("/console/deletion").text
    assert '<span class="zero bad">2</span>' in page
    assert "lawfully protected: <b>5</b>" in page
    assert page.index("cam-20") < page.index("cam-19")
    assert "2026-11-26" in page  # 17:00 UTC is the next day at the agency


def test_the_queue_is_asked_in_the_persons_name(seen: Browser, neighbours: tuple[Telling, Telling]) -> None:
    tell_retention(neighbours[0])
    seen.get("/console/deletion")
    asked = {account for path, account in neighbours[0].asked if path != "/health/live"}  # which asks for no person
    assert asked == {"sysman-wu"}


def test_an_open_breaker_is_told(seen: Browser, neighbours: tuple[Telling, Telling]) -> None:
    tell_retention(neighbours[0], breakers=[{"camera_id": "", "tripped_at": HOUR, "limit": "x", "counted": 1}])
    assert "everything is stopped until two persons reset it" in seen.get("/console/deletion").text


def test_a_retention_that_fails_is_named_and_no_zero_is_shown(
    seen: Browser, neighbours: tuple[Telling, Telling]
) -> None:
    tell_retention(neighbours[0])
    neighbours[0].refuses = {"/overdue": 500}
    try:
        page = seen.get("/console/deletion").text
    finally:
        neighbours[0].refuses = {}
    assert "Retention doesn&#39;t answer" in page
    assert '<span class="zero">?</span>' in page


def test_a_cameras_timeline_draws_what_custody_and_retention_tell(
    seen: Browser, neighbours: tuple[Telling, Telling]
) -> None:
    tell_retention(neighbours[0])
    seen.send("/console/holds", "/console/holds", asked("112-drawn"))
    page = seen.get("/console/cameras/cam-19?days=1&to=2026-11-02").text
    assert 'class="k-queued"' in page
    assert 'class="k-securing"' in page
    assert not re.search(r'class="k-kept" x="[0-9.]+%"', page)
    assert "112-drawn" in page
    assert "2026-11-01 16:00:00" in page
    assert len(page.encode()) < 60_000


def test_an_unknown_camera_is_told_as_a_page(seen: Browser, neighbours: tuple[Telling, Telling]) -> None:
    tell_retention(neighbours[0])
    assert seen.get("/console/cameras/cam-nowhere").status_code == 404
    assert seen.get("/console/cameras/cam-19?days=x").status_code == 422
    assert seen.get("/console/cameras/cam-19?to=9999-99-99").status_code == 200


def test_a_register_shows_analytics_rows_in_the_pages_language(
    footage: City, neighbours: tuple[Telling, Telling]
) -> None:
    neighbours[1].tells = {"/registers/requests": {"columns": COLUMNS, "rows": [ROW], "more": False}}
    browser = Browser(footage.url, "sysman-wu", "zh-Hant")
    page = browser.get("/console/registers/requests?camera=cam-19&start=2026-11-01").text
    # Wide tables scroll in a frame of their own that the keyboard reaches; on a phone each cell says its column.
    assert 'class="tw reg" tabindex="0" role="region" aria-label="申請紀錄清冊之各列"' in page
    assert 'data-l="申請時間"' in page
    assert "時間：Asia/Taipei" in page
    browser.client.close()
    assert "申請編號" in page
    assert "&lt;b&gt;r-1&lt;/b&gt;" in page
    assert "115-11-02 00:30:00" in page
    path, account = neighbours[1].asked[-1]
    assert account == "sysman-wu"
    assert "camera=cam-19" in path
    assert "from=2026-10-31T16%3A00%3A00Z" in path


def test_a_register_is_handed_on_whole_as_csv(seen: Browser, neighbours: tuple[Telling, Telling]) -> None:
    neighbours[1].tells = {
        "/registers/requests": {"columns": COLUMNS, "rows": [ROW], "more": False},
        "/registers/requests.csv": "number\nr-1\n",
    }
    answer = seen.get("/console/registers/requests.csv?camera=cam-19")
    assert answer.headers["content-disposition"] == 'attachment; filename="camledger-requests.csv"'
    assert answer.text == "number\nr-1\n"


@pytest.mark.parametrize(("language", "says"), [("en", "Printedby"), ("zh-Hant", "列印人：")])
def test_a_register_is_printed_in_the_pages_language_by_page_and_by_api(
    footage: City, neighbours: tuple[Telling, Telling], language: str, says: str
) -> None:
    neighbours[1].tells = {"/registers/requests": {"columns": COLUMNS, "rows": [ROW], "more": False}}
    browser = Browser(footage.url, "sysman-wu", language)
    assert 'formaction="/console/registers/requests.pdf"' in browser.get("/console/registers/requests").text
    answer = browser.get("/console/registers/requests.pdf?camera=cam-19&start=2026-11-01")
    browser.client.close()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert "camera=cam-19" in neighbours[1].asked[-1][0]
    by_api = footage.call("sysman-wu", "GET", f"/registers/requests.pdf?policy=daan-cctv&lang={language}").content
    for content in (answer.content, by_api):
        text = "".join(Printed(content).text(0).split())
        assert "<b>r-1</b>" in text
        assert says in text
        assert "(p-wu)" in text.replace("（", "(").replace("）", ")")


def test_more_than_paper_takes_is_refused_in_words(
    footage: City, seen: Browser, neighbours: tuple[Telling, Telling]
) -> None:
    neighbours[1].tells = {"/registers/requests": {"columns": COLUMNS, "rows": [ROW], "more": True}}
    told = footage.call("sysman-wu", "GET", "/registers/requests.pdf")
    assert (told.status_code, told.json()["refusal"]) == (422, "TooManyRows")
    assert "300 entries" in told.json()["detail"]
    page = seen.get("/console/registers/requests.pdf")
    assert (page.status_code, "more entries than paper takes" in page.text) == (422, True)


def test_who_may_not_read_a_register_is_refused_by_its_owner(
    footage: City, seen: Browser, neighbours: tuple[Telling, Telling]
) -> None:
    neighbours[1].refuses = {"/registers/access": 403}
    neighbours[1].tells = {}
    answer = seen.get("/console/registers/access")
    csv, pdf = seen.get("/console/registers/access.csv"), seen.get("/console/registers/access.pdf")
    by_api = footage.call("sysman-wu", "GET", "/registers/access.pdf")
    neighbours[1].refuses = {}
    assert (answer.status_code, csv.status_code, pdf.status_code, by_api.status_code) == (403, 403, 403, 403)
    assert "Your role does not allow this" in answer.text


@pytest.mark.parametrize(
    "page", ["/console/cameras", "/console/cameras/cam-19", "/console/deletion", "/console/registers"]
)
@pytest.mark.parametrize("language", ["en", "zh-Hant"])
def test_every_page_says_that_these_are_demo_people(
    footage: City, neighbours: tuple[Telling, Telling], page: str, language: str
) -> None:
    tell_retention(neighbours[0])
    neighbours[1].tells = {"/registers/requests": {"columns": COLUMNS, "rows": [], "more": False}}
    browser = Browser(footage.url, "sysman-wu", language)
    answer = browser.get(page)
    browser.client.close()
    assert answer.status_code == 200
    assert ("demo people" if language == "en" else "示範人員") in answer.text


def test_only_those_who_run_the_system_are_told_that_a_part_stands_still_and_only_their_page_asks(
    footage: City, neighbours: tuple[Telling, Telling]
) -> None:
    tell_retention(neighbours[0])
    neighbours[1].tells = {"/status": {}}
    neighbours[0].tells["/health/live"] = {"silent": ["retention.sweep"]}
    neighbours[0].refuses["/health/live"] = 503
    others, runs = Browser(footage.url, "officer-lin"), Browser(footage.url, "sysman-wu")
    try:
        neighbours[0].asked.clear()
        page = others.get("/console")
        assert (page.status_code, "stands still" in page.text) == (200, False)
        assert "/health/live" not in {path for path, _ in neighbours[0].asked}
        said = "Retention answers, but stands still in part: retention.sweep"
        footage.until(lambda: said in runs.get("/console").text)  # an answer is good for a few seconds
    finally:
        neighbours[0].refuses.clear()
        others.client.close()
        runs.client.close()
