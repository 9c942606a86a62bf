"""Which footage a protection covers. Judged when a deletion is marked, never stored as a flag or a list of ids (I1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeVar

CAMERAS_MAX = 1_000
At = TypeVar("At", int, datetime)


class Covers(Enum):
    """Three-valued: a fact that nobody has filed yet counts as covered (protocol.md, result 10)."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        return self is not Covers.NO


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A predicate over footage: every dimension that is named must match; an empty one matches all.

    The interval is half open, [starts_at, ends_at); ``ends_at`` None is an open end.
    """

    cameras: tuple[str, ...] = ()  # empty: any camera
    area: str = ""
    officer: str = ""
    incident: str = ""
    starts_at: datetime
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FootageFacts:
    """What is filed about one segment; None means that nobody has said yet."""

    camera_id: str
    started_at: datetime
    ended_at: datetime
    area: str | None = None
    officers: frozenset[str] | None = None  # who wore the camera in that time; empty = known to be nobody
    incidents: frozenset[str] | None = None


def area_during(places: Sequence[tuple[At, str]], start: At, end: At) -> str | None:
    """Return the area where a camera stood all the while; None if it was moved meanwhile, or if nobody stated one.

    ``places`` tell since when it stood where, in order; all three as instants, or all in microseconds.
    """
    stood = [area for since, area in places if since <= start]
    moved = any(start < since < end for since, _ in places)
    return None if moved or not stood else stood[-1] or None


class ScopeRefused(ValueError):
    """A scope that can't mean what its author wants; the message names the value and the remedy."""


def check_scope(
    scope: Scope, known_cameras: Iterable[str] | None = None, known_areas: Iterable[str] | None = None
) -> None:
    """Raise ScopeRefused for an end before the start, too many cameras, or cameras or an area that nobody registered.

    None: what is known isn't all that there may be, so nothing is refused for being unknown.
    """
    if scope.ends_at is not None and scope.ends_at <= scope.starts_at:
        raise ScopeRefused(
            f"the scope ends at {scope.ends_at.isoformat()}, not after its start "
            f"{scope.starts_at.isoformat()}: give a later end or leave it open"
        )
    if len(scope.cameras) > CAMERAS_MAX:
        raise ScopeRefused(f"{len(scope.cameras)} cameras in one scope, at most {CAMERAS_MAX}: place several holds")
    unknown = sorted(set(scope.cameras) - set(known_cameras)) if known_cameras is not None else []
    if unknown:
        raise ScopeRefused(f"unknown camera {', '.join(unknown)}: register it first or correct the id")
    if scope.area and known_areas is not None and scope.area not in set(known_areas):
        raise ScopeRefused(
            f"unknown area {scope.area}: no registered camera stands or stood there; "
            "correct the name, name the cameras, or register a camera there first"
        )


def is_everything(scope: Scope) -> bool:
    """Tell whether no dimension but time limits the scope: such a hold asks for confirmation."""
    return not (scope.cameras or scope.area or scope.officer or scope.incident)


def covers(scope: Scope, facts: FootageFacts) -> Covers:
    """Return whether ``scope`` covers the segment; UNKNOWN when only an unfiled fact leaves it open."""
    if scope.cameras and facts.camera_id not in scope.cameras:
        return Covers.NO
    if facts.ended_at <= scope.starts_at and facts.started_at < scope.starts_at:
        return Covers.NO
    if scope.ends_at is not None and facts.started_at >= scope.ends_at:
        return Covers.NO
    answers = [
        _matches(scope.area, None if facts.area is None else frozenset([facts.area])),
        _matches(scope.officer, facts.officers),
        _matches(scope.incident, facts.incidents),
    ]
    if Covers.NO in answers:
        return Covers.NO
    return Covers.UNKNOWN if Covers.UNKNOWN in answers else Covers.YES


def scope_to_json(scope: Scope) -> dict[str, object]:
    """Return the scope as plain JSON values, as headers and tables hold it; times are ISO 8601 UTC."""
    return {
        "cameras": list(scope.cameras),
        "area": scope.area,
        "officer": scope.officer,
        "incident": scope.incident,
        "from": scope.starts_at.isoformat(),
        "to": scope.ends_at.isoformat() if scope.ends_at else None,
    }


def scope_from_json(value: Mapping[str, object]) -> Scope:
    """Read what ``scope_to_json`` wrote; raises KeyError, TypeError or ValueError on anything else."""
    cameras, starts, ends = value["cameras"], value["from"], value["to"]
    if not isinstance(cameras, list) or not isinstance(starts, str) or not isinstance(ends, str | None):
        raise TypeError(f"not a scope: {value!r}")
    return Scope(
        cameras=tuple(str(camera) for camera in cameras),
        area=str(value["area"]),
        officer=str(value["officer"]),
        incident=str(value["incident"]),
        starts_at=datetime.fromisoformat(starts),
        ends_at=datetime.fromisoformat(ends) if ends else None,
    )


def _matches(wanted: str, filed: frozenset[str] | None) -> Covers:
    if not wanted:
        return Covers.YES
    if filed is None:
        return Covers.UNKNOWN
    return Covers.YES if wanted in filed else Covers.NO
