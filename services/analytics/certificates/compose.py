"""Composes a certificate: the claims from analytics' projections, their evidence from the audit log, one seal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.analytics.audit.queries import head
from services.analytics.certificates import queries, refusals
from services.analytics.certificates.grounds import Resting, key_of, resting
from services.analytics.certificates.proofs import Tiles
from services.analytics.certificates.protected import facts_of, filed, shields
from services.analytics.certificates.queries import LogEntry
from services.analytics.certificates.subject import RequestSubject, Subject
from services.kernel.binding import PolicyBinding
from services.kernel.certificate import FORMAT, UNKNOWN, exact, sealed
from services.kernel.policy import SegmentFacts, interval
from services.kernel.scope import Covers, covers
from services.kernel.simulation.filed import Filed
from services.runtime.kept_packs import KeptPacks
from services.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Office:
    """What composing needs besides the tables: tiles of the tree, packs for the minimum, who issues."""

    settings: Settings
    tiles: Tiles
    packs: KeptPacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the segments of one certificate are judged by."""

    filed: Filed
    lines: Sequence[Row[Any]]
    now: datetime


async def certificate(tx: AsyncConnection, office: Office, subject: Subject, now: datetime) -> dict[str, Any]:
    """Return the sealed certificate. Raises a Refusal for what is unknown, kept, held, too much or not proven yet."""
    rows = await _rows(tx, subject)
    cameras = sorted({row.camera_id for row in rows})
    known = filed(await queries.camera_rows(tx, cameras), await queries.shifts(tx, cameras))
    bindings = await queries.bindings(tx)
    ground = Ground(filed=known, lines=await queries.protection_lines(tx, cameras), now=now)
    gone = [row for row in rows if row.receipt_event is not None]
    kept = [_kept(row, ground) for row in rows if row.receipt_event is None]
    if not gone:
        raise _refused(kept)
    await office.packs.fetch(office.settings, bindings.values())
    rest = await resting(tx, office.settings.audit_origin, gone, ground.lines, bindings)
    segments = [_segment(row, rest[key_of(row)], ground, office.packs) for row in gone]
    document = {
        "format": FORMAT,
        "subject": subject.to_json(),
        "issued": {"at": exact(now), "agency": office.settings.agency},
        "segments": segments,
        "kept": kept,
        "log": await _evidence(tx, office, segments),
    }
    return sealed(document)


async def _rows(tx: AsyncConnection, subject: Subject) -> Sequence[Row[Any]]:
    scope = None
    if isinstance(subject, RequestSubject):
        scope = await queries.scope_of(tx, subject.request_id)
        if scope is None:
            raise refusals.unknown(f"request {subject.request_id}")
    rows = await queries.footage(tx, subject, scope)
    if len(rows) > queries.SEGMENTS_MAX:
        raise refusals.too_many(queries.SEGMENTS_MAX)
    if scope is not None:
        cameras = {row.camera_id for row in rows}
        known = filed(await queries.camera_rows(tx, cameras), await queries.shifts(tx, cameras))
        rows = [row for row in rows if covers(scope, facts_of(known, row)) is not Covers.NO]
    if not rows:
        told = " ".join(str(value) for value in subject.to_json().values())
        raise refusals.unknown(f"footage for {told}")
    return rows


def _kept(row: Row[Any], ground: Ground) -> dict[str, Any]:
    standing = [s for s in shields(ground.lines, facts_of(ground.filed, row), None) if s.stands(ground.now)]
    why = "destroying" if row.destroying_at is not None else "held" if standing else "kept"
    key = {"camera_id": row.camera_id, "started_at": exact(row.started_at), "generation": row.generation}
    return {**key, "why": why, "protections": [str(each.placed.hold_id) for each in standing]}


def _refused(kept: Sequence[Mapping[str, Any]]) -> Exception:
    held = [each for each in kept if each["why"] == "held"]
    holds = sorted({hold for each in held for hold in each["protections"]})
    counts = {why: sum(each["why"] == why for each in kept) for why in ("kept", "held", "destroying")}
    told = ", ".join(f"{count} {why}" for why, count in counts.items() if count)
    detail = (
        f"of {len(kept)} segments none is destroyed with a receipt: {told}" if len(kept) > 1 else f"it is {told[2:]}"
    )
    return refusals.not_destroyed(f"{detail}; protected by {', '.join(holds)}" if holds else detail, held=bool(holds))


def _segment(row: Row[Any], rest: Resting, ground: Ground, packs: KeptPacks) -> dict[str, Any]:
    binding = rest.binding
    found = list(shields(ground.lines, facts_of(ground.filed, row), rest.seq))
    return {
        "camera_id": row.camera_id,
        "started_at": exact(row.started_at),
        "ended_at": exact(row.ended_at),
        "generation": row.generation,
        "recorded_at": exact(row.stored_at),
        "retention_class": row.retention_class,
        "sha256": bytes(row.sha256).hex(),
        "size_bytes": row.size_bytes,
        "policy": {
            "reference": rest.reference,
            "policy_id": binding.policy_id,
            "version": binding.version,
            "digest": binding.digest,
            "rules": list(rest.rules),
        },
        "minimum": _minimum(row, binding, packs),
        "maximum": exact(row.destroy_by) if row.destroy_by else "",
        "destroyable_from": exact(rest.free_from),
        "protections": [each.to_json() for each in found],
        **_acts(row, rest),
        "events": _events(row, rest),
    }


def _acts(row: Row[Any], rest: Resting) -> dict[str, Any]:
    return {
        "mark": {"at": exact(row.marked_at), "seq": rest.seq, "batch_id": str(row.mark_batch)},
        "destroyed": {
            "at": exact(row.destroyed_at),
            "by": row.destroyed_by,
            "method": row.destruction_method,
            "place": row.place,
            "answers": row.answers,
        },
    }


def _events(row: Row[Any], rest: Resting) -> dict[str, str]:
    return {
        **({"answered": rest.answered} if rest.answered else {}),
        "recorded": str(row.stored_event),
        "in_force": str(rest.in_force),
        "cleared": rest.cleared,
        "marked": str(row.mark_event),
        "destroyed": str(row.receipt_event),
    }


def _minimum(row: Row[Any], binding: PolicyBinding, packs: KeptPacks) -> str:
    """The receipt tells when it could go and when it had to; the minimum alone comes from the policy's own files."""
    pack = packs.version(binding.policy_id, binding.version, binding.digest)
    if pack is None:
        return UNKNOWN
    found = interval(pack, SegmentFacts(row.started_at, row.ended_at, row.retention_class)).keep_until
    return exact(found) if found else ""


async def _evidence(tx: AsyncConnection, office: Office, segments: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    origin = office.settings.audit_origin
    log = await head(tx, origin)
    events = {UUID(each) for segment in segments for each in _named(segment)}
    entries = await queries.entries(tx, origin, events)
    if missing := len(events) - sum(each.position < log["size"] for each in entries.values()):
        raise refusals.not_proven(missing)
    for segment in segments:
        segment["mark"]["cleared_seq"] = _seq(entries[segment["events"]["cleared"]])
    ordered = sorted(entries.values())
    paths = await office.tiles.paths(tx, log["size"], (each.position for each in ordered))
    proved = [_entry(each, paths[each.position]) for each in ordered]
    return {"origin": origin, "size": log["size"], "root": log["root"], "entries": proved}


def _named(segment: Mapping[str, Any]) -> Iterable[str]:
    return [*segment["events"].values(), *(each for one in segment["protections"] for each in one["events"])]


def _entry(each: LogEntry, path: Sequence[bytes]) -> dict[str, Any]:
    return {
        "index": each.position,
        "event_id": each.event_id,
        "event_type": each.event_type,
        "entry": each.text,
        "path": [part.hex() for part in path],
    }


def _seq(entry: LogEntry) -> int:
    return int(json.loads(entry.text)["event"]["seq"])
