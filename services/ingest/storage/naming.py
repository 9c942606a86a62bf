"""Make locations from a policy's path template: readable for people, safe for file systems, never used twice."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import unicodedata
from datetime import datetime
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from services.ingest.storage.adapter import BadLocation, Location

SEGMENT_BYTES_MAX = 96
HEAD_BYTES_MAX = 160
LOCATION_BYTES_MAX = 900
DATE_FIELDS = ("year", "month", "day")
KNOWN_FIELDS = frozenset({*DATE_FIELDS, "camera", "device", "shift", "officer", "area", "agency"})
# Forbidden on Windows and in object stores' listings as much as on Linux: a store may be mirrored to either.
UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\ufffe\uffff]|[\ud800-\udfff]')


class BadTemplate(ValueError):
    """A path template can't be used; the message names the value, the rule and the remedy."""


def safe_segment(value: str, bytes_max: int = SEGMENT_BYTES_MAX) -> str:
    """Return ``value`` as one folder name. Chinese and inner spaces stay; a changed value gets a mark of its own.

    The mark keeps two values apart that would look alike afterwards: ``a/b`` and ``a_b`` share no folder.
    """
    given = unicodedata.normalize("NFC", value)
    cleaned = UNSAFE.sub("_", given).strip(" .")
    if cleaned == given and cleaned and len(cleaned.encode()) <= bytes_max:
        return cleaned
    mark = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    room = cleaned.encode()[: bytes_max - len(mark) - 1]
    return f"{room.decode('utf-8', 'ignore').rstrip(' .')}~{mark}"


def location(
    template: str,
    *,
    started_at: datetime,
    zone: ZoneInfo,
    generation: int,
    suffix: str,
    token: str = "",
    **values: str,
) -> Location:
    """Return a new place for one upload: the template, then start, generation and a token that nobody has had.

    A template that ends in ``/`` gives folders; otherwise its last part begins the file's name. Dates are those of
    ``zone``, the agency's calendar; the start in the name is UTC. A late delete of an older upload can never meet
    this one (protocol.md, F10). Raises BadTemplate.
    """
    if started_at.tzinfo is None:
        raise ValueError(f"{started_at!r} has no time zone")
    filled = _filled(template, values | _date(started_at, zone))
    folders, _, head = filled.rpartition("/")
    start = started_at.astimezone(ZoneInfo("UTC")).strftime("%Y%m%dT%H%M%S.%f")[:-3]
    tail = f"{start}Z_g{generation}_{token or secrets.token_hex(8)}{_suffix(suffix)}"
    name = f"{safe_segment(head, HEAD_BYTES_MAX)}_{tail}" if head else tail
    return checked(f"{folders}/{name}" if folders else name)


def check_template(template: str) -> None:
    """Raise BadTemplate unless ``template`` has known fields only and stays inside its store."""
    fields = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    if unknown := sorted(fields - KNOWN_FIELDS):
        raise BadTemplate(f"path template {template!r} has {unknown}: known are {sorted(KNOWN_FIELDS)}")
    parts = template.rstrip("/").split("/")
    if template.startswith("/") or any(part in {"", ".", ".."} for part in parts):
        raise BadTemplate(
            f"path template {template!r} must be folders below the store: no leading /, no empty part, .."
        )


def checked(text: str) -> Location:
    """Return ``text`` as a location, or raise BadLocation: relative, plain, nothing hidden, nothing that climbs out."""
    parts = PurePosixPath(text).parts
    plain = text == "/".join(parts) and not text.startswith("/") and "\x00" not in text
    if not parts or not plain or any(part.startswith(".") for part in parts) or len(text.encode()) > LOCATION_BYTES_MAX:
        raise BadLocation(
            f"{text!r} is no location: relative, no part that begins with a dot, {LOCATION_BYTES_MAX} bytes"
        )
    return Location(text)


def _date(started_at: datetime, zone: ZoneInfo) -> dict[str, str]:
    local = started_at.astimezone(zone)
    return {"year": f"{local:%Y}", "month": f"{local:%m}", "day": f"{local:%d}"}


def _filled(template: str, values: dict[str, str]) -> str:
    check_template(template)
    safe = {name: safe_segment(value) if value else "unknown" for name, value in values.items()}
    try:
        return template.format_map(safe)
    except KeyError as missing:
        raise BadTemplate(f"path template {template!r} needs {missing}, which this footage doesn't have") from missing


def _suffix(suffix: str) -> str:
    return suffix.lower() if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", suffix) else ".bin"
