"""Parts of running services that stand still: each service says so itself at ``/health/live``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from services.cli.operations.doctor.finding import Finding
from services.runtime.beats import NotTheService, still
from services.runtime.settings import Settings

ASK_S = 5.0
SERVICES = ("ingest", "retention", "access", "analytics")


def parts_findings(settings: Settings) -> list[Finding]:
    """Ask the services whose addresses are set; without any those that the last ``camledger up`` wrote down."""
    named = {name: url for name in SERVICES if (url := str(getattr(settings, f"{name}_url")))}
    if named:
        return service_findings(named)
    found = service_findings(_started_by_up(settings.home))
    # Nobody answers: the installation rests, and only its broker and database run for this question.
    return [] if {one.where for one in found if one.name == "service-silent"} >= set(SERVICES) else found


def service_findings(urls: Mapping[str, str]) -> list[Finding]:
    """Return which services don't answer, and which parts of those that do stand still."""
    return [finding for service, url in urls.items() for finding in _asked(service, url)]


def _asked(service: str, url: str) -> list[Finding]:
    try:
        parts = still(*_answer(f"{url}/health/live"))
    except (OSError, ValueError) as error:
        return [Finding(name="service-silent", where=service, found=f"{url}: {_reason(error)}")]
    return [Finding(name="part-still", where=service, found=part) for part in parts]


def _answer(url: str) -> tuple[int, bytes]:
    try:
        with urlopen(url, timeout=ASK_S) as answer:  # noqa: S310 - an address that the operator set
            return answer.status, answer.read()
    except HTTPError as told:
        with told:
            if told.code not in {200, 503}:
                raise NotTheService(f"it answers {told.code}") from None
            return told.code, told.read()


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", "") or error)


def _started_by_up(home: Path) -> dict[str, str]:
    try:
        told = json.loads((home / "client.json").read_text())["services"]
        return {name: str(told[name]) for name in SERVICES if name in told}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
