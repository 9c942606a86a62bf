"""Two pages that ask no service but by its API: a policy simulated, and a proof checked. Both without a script."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from services.kernel.certificate import canonical, sealed
from tests.conftest import Addresses
from tests.fakes.certificate import made_out
from tests.fakes.telling import Telling, telling
from tests.integration.access.conftest import City, build, tear_down
from tests.integration.access.console.browsing import Browser, token_of

AsPerson = Callable[..., Browser]
PAGE = "/console/verify"
CERTIFICATE = made_out()
LOG = CERTIFICATE["log"]
HELD = {
    "scope": {"cameras": ["cam-19"], "from": "2026-11-01T08:00:00Z", "to": "2026-11-01T09:00:00Z"},
    "hold_kind": "preservation",
    "matter": "case-of-19",
    "authority": "district court",
    "review_by": "2027-11-01T00:00:00Z",
}
HEAD = {name: LOG[name] for name in ("origin", "size", "root")}


@pytest.fixture(scope="module")
def analytics() -> Iterator[Telling]:
    with telling() as told:
        told.tells = {"/audit/root": HEAD, "/audit/entries": {"entries": []}, "/audit/proofs": {**LOG, "absent": []}}
        yield told


@pytest.fixture(scope="module")
def office(stack: Addresses, analytics: Telling, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    built = build(stack, tmp_path_factory.mktemp("verify"))
    built.environment = {"CAMLEDGER_CONSOLE_IDENTITY": "demo", "CAMLEDGER_ANALYTICS_URL": analytics.url}
    try:
        built.start()
        built.settle()
        yield built
    finally:
        tear_down(built)


@pytest.fixture(scope="module")
def as_person(office: City) -> Iterator[AsPerson]:
    opened: dict[tuple[str, str], Browser] = {}

    def browser(account: str, language: str = "en") -> Browser:
        if (account, language) not in opened:
            opened[account, language] = Browser(office.url, account, language)
        return opened[account, language]

    yield browser
    for each in opened.values():
        each.client.close()


@pytest.fixture(scope="module")
def reader(as_person: AsPerson) -> Browser:
    return as_person("officer-lin")


def checked(browser: Browser, content: bytes = b"", **fields: str) -> httpx.Response:
    """Send the page's form as a browser does: the file as a part of its own."""
    token = token_of(browser.get(PAGE))
    files = {"file": ("proof.json", content, "application/json")}
    origin = {"origin": browser.url}
    return browser.client.post(PAGE, data={"form_token": token, **fields}, files=files, headers=origin)


def forged(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the certificate with a claim changed, and sealed again so that its own digest fits."""
    segment = CERTIFICATE["segments"][0] | changes
    unsealed = {name: value for name, value in CERTIFICATE.items() if name != "digest"}
    return sealed(unsealed | {"segments": [segment]})


def test_a_certificate_verifies_and_its_way_to_the_root_is_shown_hash_by_hash(reader: Browser) -> None:
    page = checked(reader, canonical(CERTIFICATE)).text
    assert "It verifies." in page
    assert "stands at the same place" in page
    assert LOG["root"] in page
    assert LOG["entries"][0]["path"][0] in page


def test_its_text_may_be_pasted_and_the_root_known_from_elsewhere_is_held_against_it(reader: Browser) -> None:
    text = canonical(CERTIFICATE).decode()
    assert "It verifies." in checked(reader, pasted=text, root=LOG["root"]).text
    other = checked(reader, pasted=text, root="ab" * 32).text
    assert "doesn&#39;t verify" in other
    assert "ab" * 32 in other


def test_a_forged_claim_is_named_with_what_the_log_says(reader: Browser) -> None:
    page = checked(reader, canonical(forged(size_bytes=1))).text
    assert "doesn&#39;t verify" in page
    assert "size_bytes is 1 here" in page


def test_an_entry_that_was_changed_doesnt_lead_to_the_root_and_is_opened(reader: Browser) -> None:
    entries = [dict(each) for each in LOG["entries"]]
    entries[1]["entry"] = entries[1]["entry"].replace(":", ": ", 1)
    page = checked(reader, json.dumps({**LOG, "entries": entries}).encode()).text
    assert f"entry {entries[1]['index']} of the log doesn&#39;t lead to the root" in page
    assert "<details open>" in page


def test_a_log_that_fits_in_itself_and_isnt_ours_is_found_out(reader: Browser, analytics: Telling) -> None:
    """Whoever makes a whole tree of his own passes every check but the one against our log."""
    events = [each["event_id"] for each in LOG["entries"]]
    analytics.tells["/audit/proofs"] = {**HEAD, "size": 99, "root": "cd" * 32, "entries": [], "absent": events}
    try:
        page = checked(reader, canonical(CERTIFICATE)).text
    finally:
        analytics.tells["/audit/proofs"] = {**LOG, "absent": []}
    assert "doesn&#39;t verify" in page
    assert f"the log of this installation has no event {events[0]}" in page


def test_a_silent_log_leaves_open_whether_a_proof_is_of_it(reader: Browser, analytics: Telling) -> None:
    analytics.refuses = {"/audit/proofs": 500}
    try:
        page = checked(reader, json.dumps(LOG).encode()).text
    finally:
        analytics.refuses = {}
    assert "whether it is of that log stays open" in page


def test_the_log_is_asked_for_the_events_of_the_proof(reader: Browser, analytics: Telling) -> None:
    checked(reader, json.dumps(LOG).encode())
    asked = [parse_qs(urlsplit(path).query) for path, _ in analytics.asked if "/audit/proofs" in path]
    assert asked[-1]["event"] == [each["event_id"] for each in LOG["entries"]]


def test_a_receipt_is_held_against_the_logs_own_entry(reader: Browser, analytics: Telling) -> None:
    segment = CERTIFICATE["segments"][0]
    path = f"/certificates/segments/{segment['camera_id']}/{segment['started_at'].replace(':', '%3A')}"
    analytics.tells[path] = CERTIFICATE
    (entry,) = [json.loads(each["entry"]) for each in LOG["entries"] if each["event_type"] == "SegmentDestroyed"]
    assert "It verifies." in checked(reader, json.dumps(entry["event"]).encode()).text
    wrong = entry["event"] | {"destroyed_at": "2020-01-01T00:00:00Z"}
    assert "destroyed_at is" in checked(reader, json.dumps({"receipts": [wrong]}).encode()).text


@pytest.mark.parametrize(
    ("content", "status", "word"),
    [
        (b"", 422, "未提供任何內容"),
        (b"%PDF-1.7", 422, "內容非 JSON"),
        (b'{"hello": 1}', 422, "但非銷毀證明書"),
        (b"[" * 5_000, 422, "內容非 JSON"),
        (b" " * 920_000, 413, "檔案超過本頁上限"),
    ],
)
def test_what_is_no_proof_is_refused_in_words(as_person: AsPerson, content: bytes, status: int, word: str) -> None:
    page = checked(as_person("officer-lin", "zh-Hant"), content)
    assert page.status_code == status
    assert word in page.text


@pytest.mark.parametrize("changed", [{"log": 7}, {"log": {"entries": [1]}}, {"segments": [{}]}, {"subject": None}])
def test_a_proof_that_is_built_wrongly_is_told_and_nothing_fails(reader: Browser, changed: dict[str, object]) -> None:
    page = checked(reader, canonical(CERTIFICATE | changed))
    assert page.status_code == 200
    assert "doesn&#39;t verify" in page.text


def test_a_form_without_the_sessions_token_is_refused(reader: Browser) -> None:
    answer = reader.client.post(PAGE, data={"form_token": "x"}, files={"file": ("a", b"{}")})
    assert answer.status_code == 403
    assert reader.client.post(PAGE, data={"form_token": "x"}).status_code == 403


def test_the_events_of_a_camera_are_those_that_name_it_whole(office: City, as_person: AsPerson) -> None:
    office.do("sysman-wu", "/holds", HELD)
    browser = as_person("admin-root")
    assert "case-of-19" in browser.get("/console/events/camera/cam-19").text
    assert "case-of-19" not in browser.get("/console/events/camera/cam-1").text
    assert as_person("officer-lin").get("/console/events/camera/cam-19").status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("log/newest", 200),
        ("type/RequestRefused", 200),
        ("hold/6f1b7a52-0000-4000-8000-000000000004", 404),
        ("project/nothing", 404),
        ("due/2026-99-99", 422),
        ("thing/cam-19", 422),
    ],
)
def test_events_that_nobody_has_are_told_as_a_page(as_person: AsPerson, path: str, status: int) -> None:
    page = as_person("admin-root").get(f"/console/events/{path}")
    assert (page.status_code, "<main" in page.text) == (status, True)


POLICY = "/console/policies/daan-cctv"
SIMULATIONS = f"{POLICY}/simulations"


def asked(browser: Browser, **answers: str | list[str]) -> httpx.Response:
    return browser.send(POLICY, SIMULATIONS, answers)


def done(browser: Browser, page: httpx.Response) -> httpx.Response:
    """Follow the page's own link until the report is there: a run reads a short log."""
    for _ in range(60):
        if "/reports/" in str(page.url):
            break
        assert page.status_code == 200, page.text[-3000:]
        page = browser.get(str(page.url))
    return page


@pytest.fixture(scope="module")
def report(as_person: AsPerson) -> httpx.Response:
    browser = as_person("admin-root")
    return done(browser, asked(browser, version="2"))


def test_a_report_is_read_on_a_page_and_its_bytes_have_the_digest_that_it_names(
    as_person: AsPerson, report: httpx.Response
) -> None:
    digest = str(report.url).rpartition("/")[2]
    assert "exactly when the version in force does" in report.text
    assert digest in report.text
    content = as_person("admin-root").get(f"{POLICY}/reports/{digest}.json").content
    assert sha256(content).hexdigest() == digest
    assert json.loads(content)["policy"]["policy_id"] == "daan-cctv"


def test_a_report_on_what_is_on_offer_stands_on_the_log_and_the_page_of_events_shows_it(
    as_person: AsPerson, report: httpx.Response
) -> None:
    page = as_person("admin-root").get("/console/events/policy/daan-cctv").text
    assert str(report.url).rpartition("/")[2] in page


def test_another_date_in_place_of_another_policy_is_told_in_chinese(as_person: AsPerson) -> None:
    browser = as_person("admin-root", "zh-Hant")
    page = done(browser, asked(browser, replaces="spd-cctv", as_of="2027-01-01T00:00"))
    assert "何時銷毀" in page.text
    assert "116-01-01 00:00" in page.text


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"version": "77"}, "no version 77"),
        ({"version": "newest"}, "is no version"),
        ({"as_of": "soon"}, "an instant"),
        ({"replaces": "x" * 600}, "replaces"),
    ],
)
def test_what_cant_be_simulated_is_refused_on_the_panel_with_what_was_typed(
    as_person: AsPerson, answers: dict[str, str | list[str]], said: str
) -> None:
    page = asked(as_person("admin-root"), **answers)
    assert page.status_code in {404, 422}, page.text
    assert 'id="refusal"' in page.text
    assert 'id="simulate"' in page.text
    assert said.split(maxsplit=1)[0] in page.text


def test_who_may_not_simulate_sees_no_panel_and_is_refused(office: City, as_person: AsPerson) -> None:
    browser = as_person("officer-lin")
    page = browser.get(POLICY)
    assert 'id="simulate"' not in page.text
    token: dict[str, str | list[str]] = {"form_token": token_of(page)}
    assert browser.post(SIMULATIONS, token).status_code == 403
    assert browser.get(f"{POLICY}/reports/{'0' * 64}").status_code == 403
    assert office.call("officer-lin", "POST", "/policies/daan-cctv/simulations", {"version": 1}).status_code == 403


def test_a_run_that_nobody_started_is_told_as_a_page(as_person: AsPerson) -> None:
    page = as_person("admin-root").get(f"{SIMULATIONS}/6f1b7a52-0000-4000-8000-000000000004")
    assert page.status_code == 404
    assert "Not done" in page.text
