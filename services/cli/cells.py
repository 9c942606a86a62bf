"""Values of an answer as words on a terminal: instants to the second, lists and members without JSON's brackets."""

from __future__ import annotations

import re
from collections.abc import Mapping

from services.cli.client import Json

INSTANT = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)$")
DATED = re.compile(r"\d\d:\d\d(?::\d\dZ| UTC)$")
HASHES = {"sha256", "digest"}
HASH_CHARACTERS_SHOWN = 9
KEYS = {"camera_id", "source_id", "started_at", "hold_id", "request_id", "kind", "action", "state"}
"""What the next command is asked with, and words: shown as they are, never cut or broken."""


def text(value: Json) -> str:
    """Return a value in words; of several members only those that say something."""
    if not stated(value):
        return "-"
    match value:
        case bool():
            return "yes" if value else "no"
        case Mapping():
            return ", ".join(f"{heading(name)} {member(name, one)}" for name, one in value.items() if stated(one))
        case list():
            within = any(isinstance(one, Mapping | list) for one in value)
            return ("; " if within else ", ").join(text(one) for one in value)
        case _:
            return instant(str(value))


def member(name: str, value: Json) -> str:
    """Return the value of a named member: keys of commands untouched, hashes as long as people compare them."""
    if name in KEYS and isinstance(value, str) and value:
        return value
    told = text(value)
    return f"{told[: HASH_CHARACTERS_SHOWN - 1]}…" if name in HASHES and len(told) > HASH_CHARACTERS_SHOWN else told


def instant(told: str) -> str:
    """Return an instant to the second, with a space where ISO has a T; any other text as it is."""
    return INSTANT.sub(r"\1 \2Z", told)


def stated(value: Json) -> bool:
    """Say whether a value tells anything."""
    return value not in (None, "", [], {})


def heading(name: str) -> str:
    """Return a member's name as people read it."""
    return name.replace("_", " ")
