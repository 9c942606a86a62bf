"""The certificate on paper: A4, in English or Traditional Chinese, with the file itself attached to the PDF."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.analytics.certificates import refusals
from services.analytics.certificates.texts import TEXTS
from services.kernel.certificate import canonical
from services.runtime.refusal import Refusal

PACKAGES: Final = "fontconfig fonts-noto-cjk libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
SEGMENTS_PRINTED_MAX: Final = 200
LANGUAGES: Final = tuple(TEXTS)


def html(certificate: Mapping[str, Any], language: str) -> str:
    """Return the page that is printed."""
    return _template().render(c=certificate, t=TEXTS[language], at=_instant)


def pdf(certificate: Mapping[str, Any], language: str) -> bytes:
    """Return the PDF. Raises a Refusal: for more than a folder holds, or with the packages that are missing here."""
    if len(certificate["segments"]) > SEGMENTS_PRINTED_MAX:
        raise refusals.too_many(SEGMENTS_PRINTED_MAX)
    if not _has_chinese():
        raise missing("no font for Traditional Chinese is installed")
    try:
        from weasyprint import HTML, Attachment
    except OSError as error:
        raise missing(f"the text layout library isn't installed ({str(error).splitlines()[0]})") from error
    name = f"certificate-{certificate['digest'][:12]}.json"
    attached = Attachment(string=canonical(certificate), name=name)
    # Nothing outside of the page is ever fetched: it names no address.
    written: bytes = HTML(string=html(certificate, language), url_fetcher=_nothing).write_pdf(attachments=[attached])
    return written


def missing(what: str) -> Refusal:
    """Return the refusal that names what to install."""
    return Refusal(
        "PrintingNotInstalled",
        status=503,
        title="This machine can't print certificates",
        detail=what,
        remedy=f"apt-get install {PACKAGES} (scripts/apt.sh does it); the JSON certificate needs none of them",
    )


def _nothing(url: str) -> dict[str, Any]:
    raise ValueError(f"a certificate needs nothing from {url}")


@cache
def _has_chinese() -> bool:
    if shutil.which("fc-list") is None:
        return False
    found = subprocess.run(["fc-list", ":lang=zh-tw", "family"], capture_output=True, text=True, check=False)
    return bool(found.stdout.strip())


def _instant(text: str) -> str:
    return f"{text[:10]} {text[11:19]} UTC"


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True).get_template(
        "paper.html"
    )
