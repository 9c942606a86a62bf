"""Somebody who sits at the console: reads, clicks, types and selects; never calls anything."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, Response

from services.access.console import words

LOCALES: Final = {"zh-Hant": "zh-TW", "en": "en-GB"}
PATIENCE_MS: Final = 60_000
A_REQUEST = re.compile(r"/console/requests/([0-9a-f-]{36})")


@dataclass(slots=True)
class Clerk:
    """One person's browser window in one language; what it asked of other machines and how much came are kept."""

    context: BrowserContext
    page: Page
    console: str
    language: str
    strangers: list[str] = field(default_factory=list)
    received: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @classmethod
    def signed_in(cls, browser: Browser, console: str, account: str, language: str) -> Clerk:
        """Open a window and sign in as somebody on the page of demo people."""
        context = browser.new_context(viewport={"width": 1366, "height": 900}, locale=LOCALES[language])
        context.set_default_timeout(PATIENCE_MS)
        clerk = cls(context, context.new_page(), console, language)
        clerk.page.on("request", lambda asked: clerk._asked(asked))  # noqa: PLW0108 - a bound method would be written to
        clerk.page.on("response", lambda told: clerk._answered(told))  # noqa: PLW0108
        clerk.page.on("pageerror", lambda error: clerk.faults.append(str(error)))
        clerk.page.goto(console)
        clerk.page.locator(f"button[name=account][value='{account}']").click()
        clerk.page.wait_for_url(re.compile(r"/console(?!/sign-in)"))
        return clerk

    def leave(self) -> None:
        self.context.close()

    def word(self, name: str, /, **values: object) -> str:
        """Return a word of the console in this window's language."""
        return words.word(name, self.language, **values)

    def opens(self, path: str) -> Response:
        """Go to a page by its address, as from a bookmark."""
        self.received.clear()
        answer = self.page.goto(self.console + path)
        assert answer is not None
        return answer

    def menu(self, entry: str) -> None:
        """Go to a page by the menu."""
        self._goes(self.page.get_by_role("navigation").get_by_role("link", name=self.word(entry)).first)

    def follows(self, address: str) -> None:
        """Click the link that leads to an address."""
        self._goes(self.page.locator(f"main a[href='{address}']").first)

    def presses(self, word: str, **values: object) -> None:
        """Press the button of this name; what comes of it may take a while, so wait for that before you look."""
        self.page.get_by_role("button", name=self.word(word, **values)).first.click()

    def sends(self, ending: str) -> None:
        """Send the form whose address ends so."""
        self.page.locator(f"main form[action$='{ending}'] button[type=submit]").first.click()

    def signs(self, request_id: str) -> None:
        """Find a request among one's own tasks, open it, and sign what waits."""
        self.menu("home")
        self.follows(f"/console/requests/{request_id}")
        consult = self.page.locator("textarea[name=opinion]")
        if consult.count():
            consult.fill("no objection")
        self.page.locator("button[name=decision][value=approve], button[name=decision][value=consult]").first.click()
        self.sees(self.word("done_consulted" if consult.count() else "done_signed"))

    def writes(self, question: str, text: str) -> None:
        """Answer a question of a form in words."""
        self.page.locator(f"[name='{question}']:not([type=checkbox]):not([type=radio])").fill(text)

    def picks(self, question: str, answer: str) -> None:
        """Choose an answer of a form."""
        boxes = self.page.locator(f"input[name='{question}'][value='{answer}']")
        if boxes.count():
            boxes.check()
        else:
            self.page.locator(f"select[name='{question}']").select_option(answer)

    def spans(self, question: str, start: datetime, end: datetime) -> None:
        """Type an interval on the agency's clock."""
        for part, at in (("from", start), ("to", end)):
            self.page.locator(f"input[name='{question}.{part}']").fill(f"{at:%Y-%m-%dT%H:%M}")

    def sees(self, text: str) -> Locator:
        """Return what shows a text; fails when nothing does."""
        found = self.page.get_by_text(text).first
        found.wait_for()
        return found

    def reads(self) -> str:
        """Return everything that stands on the page."""
        return self.page.locator("body").inner_text()

    def reads_request(self) -> str:
        """Return the id of the request that is open, from the address."""
        self.page.wait_for_url(A_REQUEST)
        found = A_REQUEST.search(self.page.url)
        assert found is not None
        return found[1]

    def _goes(self, link: Locator) -> None:
        """Click a link and wait for its page: a click alone returns while the old page still stands."""
        with self.page.expect_navigation():
            link.click()

    def _asked(self, request: Request) -> None:
        place = urlsplit(request.url)
        if place.scheme != "data" and place.netloc != urlsplit(self.console).netloc:
            self.strangers.append(request.url)

    def _answered(self, response: Response) -> None:
        self.received[response.url] = int(response.headers.get("content-length", "0"))
