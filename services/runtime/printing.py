"""HTML laid out on paper: WeasyPrint with the fonts of this machine, loaded only when somebody prints.

The same page gives the same bytes: nothing of the clock and nothing from outside of the page goes in.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from services.runtime.refusal import Refusal
from services.runtime.turns import OneAtATime

PACKAGES: Final = "fontconfig fonts-noto-cjk libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


def laid_out(html: str) -> Any:  # noqa: ANN401 - WeasyPrint has no types
    """Return the page as WeasyPrint's Document. Raises a Refusal that names the packages that are missing here."""
    if not _has_chinese():
        raise missing("no font for Traditional Chinese is installed")
    try:
        from weasyprint import HTML
    except OSError as error:
        raise missing(f"the text layout library isn't installed ({str(error).splitlines()[0]})") from error
    # Nothing outside of the page is ever fetched: it names no address.
    return HTML(string=html, url_fetcher=_nothing).render()


def pdf(html: str, attached: Mapping[str, bytes] | None = None) -> bytes:
    """Return the page as PDF, with files attached by their names. Raises as ``laid_out`` does."""
    document = laid_out(html)
    from weasyprint import Attachment

    files = [Attachment(string=content, name=name) for name, content in (attached or {}).items()]
    written: bytes = document.write_pdf(attachments=files)
    return written


def press() -> OneAtATime:
    """Return the printer of one process: laying out takes a second of a processor and tens of megabytes."""
    return OneAtATime("PressBusy", "sheets")


def missing(what: str) -> Refusal:
    """Return the refusal that names what to install."""
    return Refusal(
        "PrintingNotInstalled",
        status=503,
        title="This machine can't print",
        detail=what,
        remedy=f"apt-get install {PACKAGES} (scripts/apt.sh does it); JSON answers need none of them",
    )


def _nothing(url: str) -> dict[str, Any]:
    raise ValueError(f"a page needs nothing from {url}")


@cache
def _has_chinese() -> bool:
    if shutil.which("fc-list") is None:
        return False
    found = subprocess.run(["fc-list", ":lang=zh-tw", "family"], capture_output=True, text=True, check=False)
    return bool(found.stdout.strip())
