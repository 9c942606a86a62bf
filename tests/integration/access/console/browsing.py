"""A browser without a screen: keeps cookies, reads the form's token from the page, sends forms as a person would."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlencode

import httpx

TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
ITS_ID = re.compile(r"/console/requests/([0-9a-f-]{36})")


class Browser:
    """One person's browser at one console."""

    def __init__(self, url: str, account: str = "", language: str = "en") -> None:
        self.client = httpx.Client(
            base_url=url, timeout=90, headers={"accept-language": language}, follow_redirects=True
        )
        self.url = url
        if account:
            self.sign_in(account)

    def sign_in(self, account: str, to: str = "/console") -> httpx.Response:
        page = self.client.get("/console/sign-in", params={"to": to})
        return self.post("/console/sign-in", {"form_token": token_of(page), "account": account, "to": to})

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def post(self, path: str, answers: dict[str, str | list[str]], origin: str = "") -> httpx.Response:
        headers = {"origin": origin or self.url, "content-type": "application/x-www-form-urlencoded"}
        return self.client.post(path, content=urlencode(answers, doseq=True), headers=headers)

    def send(self, page: str, action: str, answers: dict[str, str | list[str]] | None = None) -> httpx.Response:
        """Open a page and send one of its forms with the token that stands in it."""
        return self.post(action, {"form_token": token_of(self.get(page)), **(answers or {})})


def token_of(page: httpx.Response) -> str:
    found = TOKEN.search(page.text)
    assert found is not None, page.text[:2000]
    return unescape(found[1])


def request_id_of(page: httpx.Response) -> str:
    found = ITS_ID.search(str(page.url))
    assert found is not None, (str(page.url), page.text[:4000])
    return found[1]


def internal(**changes: str | list[str]) -> dict[str, str | list[str]]:
    """An internal request of Da'an as its form sends it."""
    answers: dict[str, str | list[str]] = {
        "requester.class": "internal",
        "requester.name": "Lin Mei-ling",
        "requester.unit": "household office",
        "requester.telephone": "02-555-0101",
        "request.action": "view",
        "request.legal_basis": "point_6_1",
        "request.purposes": "investigation",
        "request.purpose": "a theft at the counter",
        "request.interval.from": "2026-11-01T16:00",
        "request.interval.to": "2026-11-01T16:25",
        "request.cameras": ["cam-19"],
    }
    return answers | changes
