"""Where a number leads: the address of the events that it counts. One place makes it, every page uses it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, get_args
from urllib.parse import quote, quote_plus

Kind = Literal[
    "request", "hold", "project", "policy", "camera", "copy", "viewing", "footage", "due", "type", "log"
]  # fmt: skip
KINDS: Final = get_args(Kind)
PLACE: Final = "/console/events"


def behind(kind: Kind, identity: object, query: Mapping[str, object] | None = None) -> str:
    """Return the address of the events behind a number; ``query`` narrows footage and what is due."""
    assert kind in KINDS, kind
    asked = {name: str(value) for name, value in (query or {}).items() if value not in (None, "")}
    address = f"{PLACE}/{kind}/{quote(str(identity), safe=':')}"
    return f"{address}?{'&'.join(f'{name}={_quoted(value)}' for name, value in asked.items())}" if asked else address


@lru_cache(maxsize=4096)
def _quoted(value: str) -> str:
    """Some hundred links of a page name the same few cameras and hours."""
    return quote_plus(value)


def back(kind: Kind, identity: str) -> tuple[str, str]:
    """Return the page that a kind of events belongs to, and its word."""
    whole, first = quote(identity, safe=""), quote(identity.partition(":")[0], safe="")
    return {
        "request": (f"/console/requests/{whole}", "requests"),
        "copy": (f"/console/requests/{first}", "requests"),
        "viewing": (f"/console/requests/{first}", "requests"),
        "hold": (f"/console/holds#h-{whole}", "holds"),
        "project": (f"/console/projects/{whole}", "projects"),
        "policy": (f"/console/policies/{whole}", "policies"),
        "camera": (f"/console/cameras/{whole}", "cameras"),
        "footage": (f"/console/cameras/{whole}", "cameras"),
        "due": ("/console/deletion", "deletion_queue"),
        "log": ("/console/verify", "verify"),
        "type": ("/console", "home"),
    }[kind]
