"""The status page of the running service: open without a token, in both languages, with the API's own numbers."""

from __future__ import annotations

import httpx

from services.access.status import words
from tests.integration.access.conftest import City
from tests.integration.access.test_requests import daan


def page(city: City, language: str) -> httpx.Response:
    return httpx.get(f"{city.url}/", headers={"accept-language": language}, timeout=30)


def test_the_page_needs_no_token_and_names_nobody(city: City) -> None:
    city.do("officer-lin", "/requests", daan())
    answer = page(city, "en")
    assert answer.status_code == 200
    assert "Lin Mei-ling" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_page_speaks_the_readers_language(city: City) -> None:
    assert 'lang="zh-Hant-TW"' in page(city, "zh-TW").text
    assert "系統狀態" in page(city, "zh-TW").text
    assert "State of the system" in page(city, "en").text


def test_the_page_and_the_api_tell_the_same_numbers(city: City) -> None:
    told = city.see("sysman-wu", "/status")
    assert told["services"]["retention"]["state"] == "unset"
    shown = page(city, "en").text
    assert f"<dd>{told['log']['seq']}</dd>" in shown
    for name, number in told["footage"].items():
        assert f"<dt>{words.word(name, 'en')}</dt><dd>{number}</dd>" in shown
    for state, number in told["requests"].items():
        assert f'{words.state(state, "en")[1]}</th><td class="num">{number}</td>' in shown


def test_its_style_and_script_are_served(city: City) -> None:
    for name, kind in (("status.css", "text/css"), ("status.js", "text/javascript")):
        assert httpx.get(f"{city.url}/static/{name}").headers["content-type"].startswith(kind)
