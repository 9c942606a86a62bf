"""The demo's verdict: nothing destroyed under hold, each destruction with a receipt, each view with a chain.

Judged from the log, the files on disk and the recorders' own lists, by rules written a second time on purpose:
a check that shared code with what it checks could share its mistakes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from services.cli.demo.history import History, Key, key_of, keys_of
from services.cli.demo.reading import Fields
from services.cli.demo.rows import Row, rows_of_log

MINIMUM_DAYS = {"daan-cctv": 90, "npa-bwc": 28, "spd-cctv": 22}
"""Days that footage is kept at the very least: 90; the shortest month; 30 less seven of recovery and one of margin."""

LONGEST_WITHOUT_GAP = timedelta(seconds=11)
"""Between two starts: a segment of five seconds, five that pass for jitter of a clock, one for rounding in names."""

JOB = {
    "HoldApplied": "no hold became effective",
    "SegmentDestroyed": "nothing that was due is destroyed",
    "FootageViewed": "nothing was viewed",
    "RequestRouted": "immigration enforcement was not routed to counsel",
    "RequestRefused": "face recognition was not refused",
}
"""A demo in which nothing happened breaks no rule: so these must have happened."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged: the log, where the bytes lie, and what the plan and the recorders' own files make one expect."""

    log: History
    store: Path
    expected: tuple[Row, ...]
    live: tuple[tuple[str, datetime], ...] = ()  # camera and start of each file of the recorders that run now


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that must not be."""

    rule: str
    what: str


def check(case: Case) -> list[Finding]:
    """Return every finding; an empty list is the verdict that the demo asks for."""
    return [Finding(rule.__name__.lstrip("_").replace("_", " "), what) for rule in RULES for what in rule(case)]


def _nothing_destroyed_under_hold(case: Case) -> Iterator[str]:
    protections = protections_of(case.log)
    started = {key_of(e): e for e in case.log.of("DestructionStarted")}
    for receipt in case.log.of("SegmentDestroyed"):
        mark = started.get(key_of(receipt))
        if mark is None:
            yield f"{_named(receipt)}: a receipt, but destruction was never announced"
        if hold := covering(protections, receipt, mark or receipt):
            yield f"{_named(receipt)}: destroyed under {hold}"


def _every_mark_was_cleared(case: Case) -> Iterator[str]:
    cleared = {str(e["batch_id"]): e for e in case.log.of("DeletionCleared")}
    for mark in case.log.of("DestructionStarted"):
        clearance = cleared.get(str(mark["batch_id"]))
        if clearance is None or clearance["seq"] > mark["mark_seq"]:
            yield f"{_named(mark)}: marked before custody had read a clearance"
        elif key_of(mark) not in keys_of(clearance["lines"]):
            yield f"{_named(mark)}: marked, but its clearance doesn't name it"


def _every_destruction_has_a_receipt(case: Case) -> Iterator[str]:
    receipts = {key_of(e) for e in case.log.of("SegmentDestroyed")}
    for mark in case.log.of("DestructionStarted"):
        if key_of(mark) not in receipts:
            yield f"{_named(mark)}: destruction began and no receipt followed"
    for segment in case.log.of("SegmentRecorded"):
        path = case.store / segment["location"]
        if key_of(segment) in receipts:
            if path.exists():
                yield f"{_named(segment)}: a receipt says gone, the bytes are there"
        elif not path.exists():
            yield f"{_named(segment)}: the bytes are gone and no receipt says so"
        elif hashlib.sha256(path.read_bytes()).digest() != segment["sha256"]:
            yield f"{_named(segment)}: the bytes differ from their hash on the log"


def _nothing_destroyed_early(case: Case) -> Iterator[str]:
    policies = {e["camera_id"]: e["policy_id"] for e in case.log.of("CameraBound")}
    for receipt in case.log.of("SegmentDestroyed"):
        days = MINIMUM_DAYS[policies[receipt["camera_id"]]]
        if receipt["destroyed_at"] < receipt["ended_at"] + timedelta(days=days):
            yield f"{_named(receipt)}: destroyed before its {days} days were over"


def _every_view_has_a_chain(case: Case) -> Iterator[str]:
    grants = {(str(e["request_id"]), e["grant_version"]): e for e in case.log.of("RequestGranted")}
    signed: dict[str, set[str]] = {}
    for step in case.log.of("StepApproved"):
        signed.setdefault(str(step["request_id"]), set()).add(step["person"])
    for act in case.log.of("FootageViewed", "CopyMade"):
        request = str(act["request_id"])
        grant = grants.get((request, act["grant_version"]))
        if grant is None:
            yield f"request {request}: footage left without a grant"
        elif grant["recorded_at"] > act["recorded_at"]:
            yield f"request {request}: footage left before it was granted"
        elif not signed.get(request, set()) - {act["person"]}:
            yield f"request {request}: nobody but the viewer signed"
        elif any(not _inside(grant["scope"], key) for key in keys_of(act["footage"])):
            yield f"request {request}: footage outside the grant"


def _nothing_lost_and_nothing_doubled(case: Case) -> Iterator[str]:
    recorded = [key_of(e) for e in case.log.of("SegmentRecorded")]
    known = {(camera, start) for camera, start, _ in recorded}
    for row in case.expected:
        if (row.camera_id, row.started_at) not in known:
            yield f"{row.camera_id} {row.started_at.isoformat()}: a recorder finished it, the log doesn't know it"
    for key in sorted({key for key in recorded if recorded.count(key) > 1}):
        yield f"{key[0]} {key[1].isoformat()}: recorded twice"
    yield from (f"event {event_id}: twice on the log, with different content" for event_id in case.log.doubled)


def _what_came_out_is_what_was_expected(case: Case) -> Iterator[str]:
    told = {(row.camera_id, row.started_at): row for row in rows_of_log(case.log)}
    for row in case.expected:
        found = told.get((row.camera_id, row.started_at))
        if found is not None and found.sha256 != row.sha256:
            yield f"{row.camera_id} {row.started_at.isoformat()}: other bytes than its recorder wrote"
        elif found is not None and found.gone != row.gone:
            yield f"{row.camera_id} {row.started_at.isoformat()}: {_fate(found)}, expected to be {_fate(row)}"
    for camera, start in sorted(told.keys() - {(row.camera_id, row.started_at) for row in case.expected}):
        yield f"{camera} {start.isoformat()}: on the log, and no recorder wrote it"


def _what_was_never_written_is_a_gap(case: Case) -> Iterator[str]:
    gaps = [(e["camera_id"], e["gap_from"], e["gap_to"]) for e in case.log.of("RecordingGapFound")]
    for camera in sorted({camera for camera, _ in case.live}):
        starts = sorted(start for one, start in case.live if one == camera)
        for before, after in pairwise(starts):
            if after - before > LONGEST_WITHOUT_GAP and not any(
                one == camera and start < after and end > before for one, start, end in gaps
            ):
                yield f"{camera} {before.isoformat()} to {after.isoformat()}: nothing recorded, and no gap on the log"


def _the_job_was_done(case: Case) -> Iterator[str]:
    for name, what in JOB.items():
        if not case.log.of(name):
            yield f"no {name} on the log: {what}"


RULES: tuple[Callable[[Case], Iterator[str]], ...] = (
    _nothing_destroyed_under_hold,
    _every_mark_was_cleared,
    _every_destruction_has_a_receipt,
    _nothing_destroyed_early,
    _every_view_has_a_chain,
    _nothing_lost_and_nothing_doubled,
    _what_came_out_is_what_was_expected,
    _what_was_never_written_is_a_gap,
    _the_job_was_done,
)


def protections_of(log: History) -> list[tuple[Fields, list[Fields]]]:
    """Return each hold's first HoldPlaced with its later records, in order of seq."""
    found: dict[Any, tuple[Fields, list[Fields]]] = {}
    for event in sorted(log.of("HoldPlaced", "HoldExtended", "HoldReleased"), key=_seq):
        if event["hold_id"] in found:
            found[event["hold_id"]][1].append(event)
        elif "matter" in event:
            found[event["hold_id"]] = (event, [])
    return list(found.values())


def covering(protections: list[tuple[Fields, list[Fields]]], segment: Fields, mark: Fields) -> str:
    """Return the protection that stood at the mark and covers the segment, empty if none did."""
    newest = max((one["seq"] for placed, later in protections for one in (placed, *later)), default=0)
    read = mark.get("mark_seq", newest)
    for placed, later in protections:
        if placed["seq"] > read:
            continue
        until, scopes = placed["protects_until"], [placed["scope"]]
        for event in (e for e in later if e["seq"] <= read):
            until = event["protects_until"]
            scopes += [event["scope"]] if "scope" in event else []
        stands = until is None or mark["recorded_at"] < until
        if stands and any(_inside(scope, key_of(segment), end=segment["ended_at"]) for scope in scopes):
            return f"{placed['kind']} {placed['hold_id']} ({placed['matter']})"
    return ""


def _inside(scope: dict[str, Any], key: Key, end: datetime | None = None) -> bool:
    # Area, officer and incident only ever narrow a scope; without their facts the check takes the wider reading.
    camera, start, _ = key
    in_time = (end or start) >= scope["starts_at"] and (scope["ends_at"] is None or start < scope["ends_at"])
    return in_time and (not scope["cameras"] or camera in scope["cameras"])


def _seq(fields: Fields) -> int:
    return int(fields["seq"])


def _fate(row: Row) -> str:
    return "destroyed" if row.gone else "kept"


def _named(fields: Fields) -> str:
    return f"{fields['camera_id']} {fields['started_at'].isoformat()}"
