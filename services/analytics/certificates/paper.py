"""The certificate on paper: A4, in English or Traditional Chinese, with the file itself attached to the PDF."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.analytics.certificates import refusals
from services.analytics.certificates.texts import TEXTS
from services.kernel.certificate import canonical
from services.runtime import printing

SEGMENTS_PRINTED_MAX: Final = 200
LANGUAGES: Final = tuple(TEXTS)


def html(certificate: Mapping[str, Any], language: str) -> str:
    """Return the page that is printed."""
    return _template().render(c=certificate, t=TEXTS[language], at=_instant)


def pdf(certificate: Mapping[str, Any], language: str) -> bytes:
    """Return the PDF. Raises a Refusal: for more than a folder holds, or with the packages that are missing here."""
    if len(certificate["segments"]) > SEGMENTS_PRINTED_MAX:
        raise refusals.too_many(SEGMENTS_PRINTED_MAX)
    name = f"certificate-{certificate['digest'][:12]}.json"
    return printing.pdf(html(certificate, language), {name: canonical(certificate)})


def _instant(text: str) -> str:
    return f"{text[:10]} {text[11:19]} UTC"


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True).get_template(
        "paper.html"
    )
