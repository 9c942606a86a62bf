"""Read a start time out of a recorder's file name. A name alone is never believed; ``clocks`` weighs it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import PurePath
from zoneinfo import ZoneInfo

FIELDS = {
    "Y": ("year", r"\d{4}"),
    "y": ("short_year", r"\d{2}"),
    "m": ("month", r"\d{2}"),
    "d": ("day", r"\d{2}"),
    "H": ("hour", r"\d{2}"),
    "M": ("minute", r"\d{2}"),
    "S": ("second", r"\d{2}"),
    "f": ("fraction", r"\d{1,6}"),
    "z": ("offset", r"[+-]\d{2}:?\d{2}|Z"),
    "s": ("epoch", r"\d{9,11}"),
}


class BadPattern(ValueError):
    """A source's name pattern can't be used; the message names the value, the rule and the remedy."""


class NoSuchLocalTime(ValueError):
    """The zone skips this local time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamePattern:
    """A pattern such as ``%Y/%m/%d/01-%Y%m%d%H%M%S``: strftime fields (repeats must agree), ``*`` for anything else.

    With a ``/`` in it, it is held against the end of the path below the source's folder, else against the file's name.
    The suffix is left away in both, and so is a recorder's ``-1`` behind the time for a second file of one second.
    """

    text: str
    zone: ZoneInfo

    def __post_init__(self) -> None:
        _compiled(self.text)

    def starts(self, path: PurePath, near: datetime) -> datetime | None:
        """Return the start in UTC, or None where the name doesn't fit. ``near`` settles the hour that comes twice.

        Raises NoSuchLocalTime for an hour that the zone skips, ValueError for a date that no calendar has.
        """
        known = path.with_suffix("")
        text = "/".join(known.parts[-1 - self.text.count("/") :])
        fits = _compiled(self.text).fullmatch(text)
        return None if fits is None else _instant(fits.groupdict(), self.zone, near)


@lru_cache(maxsize=256)
def _compiled(text: str) -> re.Pattern[str]:
    expression, seen = "", set[str]()
    for literal, field in re.findall(r"([^%*]+)|(%.|\*|%$)", text):
        expression += re.escape(literal) if literal else _field(field, seen, text)
    if "epoch" not in seen and not {"month", "day", "hour", "minute", "second"} <= seen:
        raise BadPattern(f"name pattern {text!r} doesn't give a time to the second: use %Y %m %d %H %M %S, or %s")
    return re.compile(expression + r"(?:-\d{1,3})?")


def _field(field: str, seen: set[str], text: str) -> str:
    if field == "*":
        return "[^/]*"
    if field == "%%":
        return "%"
    if field[1:] not in FIELDS:
        raise BadPattern(f"name pattern {text!r} has {field!r}: known are %{' %'.join(FIELDS)} and *")
    name, digits = FIELDS[field[1:]]
    if name in seen:
        return f"(?P={name})"
    seen.add(name)
    return f"(?P<{name}>{digits})"


def _instant(found: dict[str, str | None], zone: ZoneInfo, near: datetime) -> datetime:
    if epoch := found.get("epoch"):
        return datetime.fromtimestamp(int(epoch), UTC)
    year = found.get("year") or f"20{found.get('short_year')}"
    numbers = {name: int(found[name] or 0) for name in ("month", "day", "hour", "minute", "second")}
    micros = int((found.get("fraction") or "0").ljust(6, "0"))
    local = datetime(int(year), **numbers, microsecond=micros, tzinfo=UTC)
    if offset := found.get("offset"):
        return datetime.fromisoformat(f"{local:%Y-%m-%dT%H:%M:%S.%f}{offset}").astimezone(UTC)
    return _in_zone(local, zone, near)


def _in_zone(local: datetime, zone: ZoneInfo, near: datetime) -> datetime:
    both = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    if both[0].astimezone(zone).replace(tzinfo=UTC) != local:
        raise NoSuchLocalTime(f"{local:%Y-%m-%d %H:%M:%S} doesn't exist in {zone.key}")
    return min(both, key=lambda at: abs(at - near))
