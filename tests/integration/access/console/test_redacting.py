"""A redacted file is handed in from the page, by a real browser too, and by command; what it isn't is refused."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import sync_playwright
from typer.testing import CliRunner

from services.cli.application import app
from services.cli.client import CallRefused
from tests.conftest import Addresses
from tests.fakes.footage import clip
from tests.integration.access.conftest import City, build, tear_down
from tests.integration.access.console.browsing import Browser, token_of
from tests.integration.access.test_requests import DAAN_CHAIN, daan, signed

FIRST = {"camera": "cam-19", "start": "2026-11-01T08:00:00Z"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
Copied = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def city(stack: Addresses, tmp_path_factory: pytest.TempPathFactory, original: Path) -> Iterator[City]:
    """A running access with its console, whose custody has a real recording."""
    built = build(stack, tmp_path_factory.mktemp("redacting"))
    built.environment = {"CAMLEDGER_CONSOLE_IDENTITY": "demo"}
    built.custody.bytes = original.read_bytes()
    try:
        built.start()
        built.settle()
        yield built
    finally:
        tear_down(built)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("films") / "original.mp4", seconds=1.0)


@pytest.fixture(scope="module")
def redacted(original: Path) -> Path:
    return clip(original.with_name("redacted.mp4"), seconds=0.7)


@pytest.fixture(scope="module")
def held(city: City) -> Copied:
    request_id = str(signed(city, daan("copy"), DAAN_CHAIN)["request_id"])
    return request_id, city.do("officer-lin", f"/requests/{request_id}/copies", FIRST)["copies"][0]


def sent(browser: Browser, held: Copied, content: bytes, /, **how: str) -> httpx.Response:
    """Send a file as the page's script does."""
    page = f"/console/requests/{held[0]}"
    token = how.get("token", token_of(browser.get(page)))
    headers = {"content-type": how.get("declared", "video/mp4"), "x-form-token": token, "origin": browser.url}
    to = f"{page}/copies/{held[1]['copy_id']}/redacted"
    return browser.client.put(to, params={"why": how.get("why", "a face")}, content=content, headers=headers)


def copies(city: City, held: Copied) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = city.see("sysman-wu", f"/requests/{held[0]}")["copies"]
    return [each for each in found if each["form"] == "redacted"]


@pytest.mark.parametrize(
    ("language", "says"), [("en", "is taken in and stands on the log"), ("zh-Hant", "遮蔽版已受理")]
)
def test_a_redacted_file_is_taken_in_from_the_page(
    city: City, held: Copied, redacted: Path, language: str, says: str
) -> None:
    browser = Browser(city.url, "sysman-wu", language)
    before = len(copies(city, held))
    answer = sent(browser, held, redacted.read_bytes(), why="a bystander <b>")
    browser.client.close()
    assert (answer.status_code, says in answer.text) == (200, True)
    assert "a bystander &lt;b&gt;" in answer.text
    taken = copies(city, held)[before:]
    assert [(each["why"], each["made_by"], each["native_sha256"]) for each in taken] == [
        ("a bystander <b>", "p-wu", sha256(redacted.read_bytes()).hexdigest())
    ]


def test_an_upload_that_is_not_what_it_says_is_refused_on_the_page_and_the_words_stay(
    city: City, held: Copied, original: Path, redacted: Path
) -> None:
    browser, before = Browser(city.url, "sysman-wu"), copies(city, held)
    refused = [
        sent(browser, held, b"<script>alert(1)</script>", why="my reason"),
        sent(browser, held, redacted.read_bytes(), declared="video/x-matroska", why="my reason"),
        sent(browser, held, original.read_bytes(), why="my reason"),
    ]
    for answer, says in zip(
        refused, ("no video", "was declared as video/x-matroska", "the original itself"), strict=True
    ):
        assert (answer.status_code, says in answer.text, 'value="my reason"' in answer.text) == (422, True, True)
    assert sent(browser, held, redacted.read_bytes(), why=" ").status_code == 422
    browser.client.close()
    assert copies(city, held) == before


def test_nobody_else_sends_a_file_and_no_other_page_does(city: City, held: Copied, redacted: Path) -> None:
    keeper, applicant = Browser(city.url, "sysman-wu"), Browser(city.url, "officer-lin")
    before = copies(city, held)
    assert sent(keeper, held, redacted.read_bytes(), token="made-up").status_code == 403
    assert sent(applicant, held, redacted.read_bytes()).status_code == 403
    keeper.client.close()
    applicant.client.close()
    assert copies(city, held) == before


def test_a_real_browser_shows_the_reason_and_then_the_copy(city: City, held: Copied, redacted: Path) -> None:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine: install it (apt-get install chromium), or see scripts/apt.sh")
    wrong = redacted.with_name("wrong.mp4")
    wrong.write_bytes(b"no film at all")
    with sync_playwright() as play, play.chromium.launch(executable_path=found, args=["--no-sandbox"]) as chromium:
        page = chromium.new_context(base_url=city.url, locale="zh-TW").new_page()
        page.goto(f"/console/sign-in?to=/console/requests/{held[0]}")
        page.locator('[name=account][value="sysman-wu"]').first.click()
        for file, says in ((wrong, "並非可解讀之影片"), (redacted, "遮蔽版已受理")):
            page.locator("details:has(form[data-upload])").first.evaluate("form => { form.open = true; }")
            page.locator("input[type=file]").first.set_input_files(file)
            page.locator("form[data-upload] input[name=why]").first.fill("旁人臉部")
            page.locator("form[data-upload] button").first.click()
            page.get_by_text(re.compile(says)).first.wait_for()


def test_the_command_line_hands_one_in_and_is_told_why_not(
    city: City, held: Copied, redacted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"services": {"access": city.url}, "people": {"sysman-wu": "token-sysman-wu"}}
    (tmp_path / "client.json").write_text(json.dumps(known))
    monkeypatch.setenv("CAMLEDGER_HOME", str(tmp_path))
    monkeypatch.delenv("CAMLEDGER_TOKEN", raising=False)
    asked = ["copy", "redact", held[1]["copy_id"], "--why", "a face", "--json"]
    told = CliRunner().invoke(app, [*asked, str(redacted)], catch_exceptions=False)
    assert (told.exit_code, json.loads(told.stdout)["form"]) == (0, "redacted")
    (tmp_path / "words.mp4").write_text("no film")
    with pytest.raises(CallRefused, match="no video"):
        CliRunner().invoke(app, [*asked, str(tmp_path / "words.mp4")], catch_exceptions=False)
