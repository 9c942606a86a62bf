"""Makes pages: the frame around each, its words and dates, and the headers that let it load nothing but our files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.access.console import behind, icons, menu, refusing, words
from services.access.console.door import DEMO
from services.access.console.visit import Closed, Console, SignInFirst, Visit, language, theme, visit
from services.access.status import names
from services.access.status.words import LANGUAGES
from services.runtime.refusal import Refusal

PAGES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
PAGES.globals |= {"icon": icons.icon, "address_behind": behind.behind}
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
OTHER_HOSTS: Final = ("closed_foreign_host", "closed_other_host")
UNAVAILABLE, MISDIRECTED, FAILED = 503, 421, 500


def page(visit: Visit, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """Return a page for somebody who is signed in."""
    about = {"visit": visit, "dates": visit.dates, "entries": menu.entries(visit), "here": visit.request.url.path}
    about["demo"] = is_demo(visit.request)
    html = PAGES.get_template(template).render(about | _words(visit.language, visit.theme) | values)
    return HTMLResponse(html, status_code=status, headers=_headers(visit.language))


def outside(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """Return a page for somebody who isn't signed in: it asks no database and names no agency."""
    spoken = language(request)
    about = {"visit": None, "here": request.url.path, "demo": is_demo(request)}
    html = PAGES.get_template(template).render(about | _words(spoken, theme(request)) | values)
    return HTMLResponse(html, status_code=status, headers=_headers(spoken))


def closed(request: Request, why: str) -> HTMLResponse:
    """Return the page that says why the console lets nobody in."""
    return outside(request, "closed.html", status=MISDIRECTED if why in OTHER_HOSTS else UNAVAILABLE, why=why)


def failed(request: Request) -> HTMLResponse:
    """Return the page of our own fault: what is safe, and whom to tell. It asks nothing that may fail again."""
    return outside(request, "failed.html", status=FAILED)


async def refused(request: Request, refusal: Refusal) -> HTMLResponse:
    """Return a page that tells a refusal in words."""
    try:
        visiting = await visit(request)
    except (Closed, SignInFirst, Refusal):
        told = refusing.told(refusal, language(request))
        answer = outside(request, "refused_outside.html", status=refusal.status, refusal=told)
    else:
        told = refusing.told(refusal, visiting.language)
        answer = page(visiting, "refused.html", status=refusal.status, refusal=told)
    answer.headers.update(refusal.headers)
    return answer


def is_demo(request: Request) -> bool:
    """Tell whether people here are made up; every page then says so."""
    # The page of our own fault asks nothing that may be missing.
    console: Console | None = getattr(request.app.state, "console", None)
    return console is None or console.settings.identity == DEMO


def _words(spoken: str, shade: str) -> dict[str, Any]:
    index = LANGUAGES.index(spoken)
    return {
        "language": spoken,
        "tag": "zh-Hant-TW" if spoken == "zh-Hant" else "en",
        "theme": shade,
        "w": lambda name, /, **values: words.word(name, spoken, **values),
        "fact": lambda name: words.fact(name, spoken),
        "value": lambda name: words.value(name, spoken),
        "said": lambda texts: said(texts, spoken),
        "role": lambda name: names.role(name, index),
        "event": lambda name: names.event(name, index),
        "answer_of": lambda given: answer_of(given, spoken),
        "short_refusal": lambda refusal: refusing.told(refusal, spoken).what,
        "why_refused": lambda event: refusing.in_short(event.refusal, spoken) or event.explanation,
    }


def said(texts: Mapping[str, str] | None, spoken: str) -> str:
    """Return what a pack says in a language; in the other one where it says nothing in this."""
    return (texts or {}).get(spoken) or next(iter((texts or {}).values()), "")


def answer_of(given: object, spoken: str) -> str:
    """Return an answer of a form as people read it: JSON as the log has it, or a value."""
    read = given
    if isinstance(given, str):
        try:
            read = json.loads(given)
        except ValueError:
            read = given
    items = read if isinstance(read, list) else [read]
    return words.word("list_sep", spoken).join(
        words.value(each, spoken) if _is_word(each) else str(each) for each in items
    )


def _is_word(each: object) -> bool:
    return isinstance(each, bool) or (isinstance(each, str) and each in words.questions.VALUES)


def _headers(spoken: str) -> dict[str, str]:
    return {
        "content-language": "zh-Hant-TW" if spoken == "zh-Hant" else "en",
        "content-security-policy": POLICY,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "vary": "Accept-Language, Cookie",
    }
