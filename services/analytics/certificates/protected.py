"""Which protections covered a segment when it was marked, as far as what is filed here tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.kernel.certificate import exact
from services.kernel.events import ProtectionKind, ShiftFiled
from services.kernel.ids import PROTECTION_LOG, event_id, micros
from services.kernel.scope import Covers, FootageFacts, Scope, covers
from services.kernel.simulation.filed import FROM_THE_BEGINNING, Filed
from services.kernel.simulation.footage import BucketKey, Shot

EVENTS = {"placed": "HoldPlaced", "extended": "HoldExtended", "released": "HoldReleased"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shield:
    """A protection that covers a segment, by its records up to a moment; ``protects_until`` None: no end yet."""

    placed: Row[Any]  # its last placing; its first extension where no placing could be read
    lines: Sequence[Row[Any]]
    covers: Covers
    protects_until: datetime | None

    @property
    def events(self) -> list[UUID]:
        return [event_id(PROTECTION_LOG, line.seq) for line in self.lines]

    def stands(self, at: datetime) -> bool:
        """Tell whether it protects at an instant."""
        return self.protects_until is None or at < self.protects_until

    def to_json(self) -> dict[str, object]:
        """Return it as a certificate tells it. Matter and authority are nobody's business outside."""
        return {
            "hold_id": str(self.placed.hold_id),
            "kind": self.placed.kind or ProtectionKind.HOLD.value,
            "hold_kind": self.placed.hold_kind or "",
            "request_id": self.placed.request_id or "",
            "covers": self.covers.value,
            "placed_at": exact(self.lines[0].at),
            "protects_until": exact(self.protects_until) if self.protects_until else "",
            "lines": [EVENTS[line.line] for line in self.lines],
            "events": [str(each) for each in self.events],
        }


def filed(cameras: Iterable[Row[Any]], shifts: Iterable[ShiftFiled]) -> Filed:
    """Return what is filed about cameras. Where a camera was moved, its area at an earlier time isn't known here."""
    found = Filed()
    for row in cameras:
        if row.kind:
            found.kinds[row.camera_id] = row.kind
        if row.version == 1:
            found.places[row.camera_id][FROM_THE_BEGINNING] = row.area
    for shift in shifts:
        found.apply(shift)
    return found


def facts_of(known: Filed, row: Row[Any]) -> FootageFacts:
    """Return what is filed about one segment."""
    shot = Shot(micros(row.started_at), row.generation, micros(row.ended_at), 0, 0, row.size_bytes)
    return known.of(BucketKey(row.camera_id, row.retention_class, row.officer or ""), shot)


def shields(lines: Sequence[Row[Any]], facts: FootageFacts, until_seq: int | None) -> Iterator[Shield]:
    """Yield the protections that cover a segment by their records up to ``until_seq``, all records without it."""
    for own in _by_hold(lines, until_seq).values():
        answers = {covers(_scope(line), facts) for line in own if line.cameras is not None}
        covered = Covers.YES if Covers.YES in answers else Covers.UNKNOWN
        if answers - {Covers.NO}:
            placings = [line for line in own if line.line == "placed"]
            yield Shield(placed=[*own[:1], *placings][-1], lines=own, covers=covered, protects_until=_until(own))


def _by_hold(lines: Sequence[Row[Any]], until_seq: int | None) -> Mapping[UUID, list[Row[Any]]]:
    found: dict[UUID, list[Row[Any]]] = defaultdict(list)
    for line in lines:
        read = until_seq is None or line.seq <= until_seq
        # As the kernel folds it: a release of what was never read frees nothing.
        if read and (line.line != "released" or line.hold_id in found):
            found[line.hold_id].append(line)
    return found


def _until(lines: Sequence[Row[Any]]) -> datetime | None:
    until: datetime | None = lines[0].protects_until
    for line in lines[1:]:
        told = line.protects_until
        both = until is not None and told is not None
        until = (max(until, told) if both else None) if line.line == "extended" else told
    return until


def _scope(line: Row[Any]) -> Scope:
    return Scope(
        cameras=tuple(line.cameras),
        area=line.area,
        officer=line.officer,
        incident=line.incident,
        starts_at=line.starts_at,
        ends_at=line.ends_at,
    )
