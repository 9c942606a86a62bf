"""The status page at ``/`` and the same as JSON at ``/api/v1/status``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.access.asking import Asking, desk_of, engine_of, settings_of
from services.access.requests.telling import SEES_OWN_ONLY
from services.access.status import names, words
from services.access.status.overview import figures, overview, zeros

router = APIRouter()

HERE = Path(__file__).parent
PAGES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
STATIC = {"status.css": "text/css", "status.js": "text/javascript"}
POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'"


@router.get("/api/v1/status")
async def status(request: Request, who: Asking) -> dict[str, Any]:
    """Tell how access and its neighbours stand."""
    told = await overview(engine_of(request), desk_of(request), settings_of(request))
    if who.roles <= SEES_OWN_ONLY:
        # Matters and officers of other people's holds are nobody's business.
        told = told | {"protections": []}
    return told | {"footage": figures(told), "must_stay_zero": zeros(told), "asked_by": who.person_id}


@router.get("/", include_in_schema=False)
async def page(request: Request, lang: str = "") -> HTMLResponse:
    """Show the status page; it names no person and no matter, so that it may hang on a wall."""
    language = words.language_of(lang, request.headers.get("accept-language", ""))
    told = await overview(engine_of(request), desk_of(request), settings_of(request))
    return HTMLResponse(render(told, language, settings_of(request).agency), headers=_headers(language))


@router.get("/static/{name}", include_in_schema=False)
async def static(name: str) -> FileResponse:
    """Serve the page's own two files and nothing else."""
    known = name if name in STATIC else "status.css"
    return FileResponse(HERE / "static" / known, media_type=STATIC[known], headers={"cache-control": "no-cache"})


def render(told: dict[str, Any], language: str, agency: str) -> str:
    """Return the page as HTML."""
    index = words.LANGUAGES.index(language)
    return PAGES.get_template("status.html").render(
        told=told,
        agency=agency,
        language=language,
        other=words.LANGUAGES[1 - index],
        w=lambda name: words.word(name, language),
        state=lambda name: words.state(name, language),
        kind=lambda name: words.kind(name, language),
        review=lambda hold: words.review(hold, language),
        figures=figures(told),
        zeros=zeros(told),
        when=lambda told, seconds=False: words.instant(told, language, seconds=seconds),
        event=lambda name: names.event(name, index),
        role=lambda name: names.role(name, index),
        service=lambda name: names.service(name, index),
        subject=lambda about: names.subject(about, index),
    )


def _headers(language: str) -> dict[str, str]:
    return {
        "content-language": "zh-Hant-TW" if language == "zh-Hant" else "en",
        "content-security-policy": POLICY,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "vary": "Accept-Language",
    }
