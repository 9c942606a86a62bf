"""Permits and inspections of cameras, judged by the duties of the pack that binds them: in time, or overdue. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.kernel.policy import Pack
from services.kernel.policy.duties import OK, duty
from services.kernel.policy.rules import Duty, Text

# Of each record that ingest keeps of a camera: which of its answers says when, and which can fulfil a duty.
WHEN: Final = {"PermitRecorded": "issued_on", "InspectionRecorded": "inspected_at"}
ANSWERS: Final = {"PermitRecorded": {"permit_number"}, "InspectionRecorded": {"result"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One duty for one camera: until when it is fulfilled, and whether that is over."""

    title: Text
    clauses: tuple[str, ...]
    due_by: datetime | None
    is_overdue: bool
    is_recorded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What ingest tells of one camera."""

    registered_at: datetime
    records: Mapping[str, Mapping[str, Any]]  # the newest of each kind


def told(rows: Iterable[Mapping[str, Any]]) -> dict[str, Recorded]:
    """Read ingest's answer, by camera."""
    found: dict[str, Recorded] = {}
    for row in rows:
        before = found.get(row["camera_id"])
        records = dict(before.records) if before is not None else {}
        if row["kind"]:
            records[row["kind"]] = row["body"]
        registered = datetime.fromisoformat(row["registered_at"])
        found[row["camera_id"]] = Recorded(registered_at=registered, records=records)
    return found


def standings(pack: Pack, camera: Recorded, now: datetime) -> list[Standing]:
    """Return the duties of a pack that records of a camera fulfil, in the pack's order."""
    found = []
    for rule in pack.duties.values():
        kind = next((k for k, answers in ANSWERS.items() if rule.fields and set(rule.fields) <= answers), "")
        if rule.every is not None and kind:
            found.append(_standing(pack, rule, camera, kind, now))
    return found


def overdue(pack: Pack, camera: Recorded, now: datetime) -> list[Standing]:
    """Return the duties that are overdue for a camera."""
    return [each for each in standings(pack, camera, now) if each.is_overdue]


def _standing(pack: Pack, rule: Duty, camera: Recorded, kind: str, now: datetime) -> Standing:
    record = camera.records.get(kind)
    done = [{**record, "at": record[WHEN[kind]]}] if record is not None else []
    # A permit is older than the camera's entry here: its term runs from its own day.
    since = min([camera.registered_at.isoformat(), *(str(each["at"]) for each in done)])
    verdict = duty(pack, {"duty": rule.id, "since": since, "at": now.isoformat(), "done": done})
    return Standing(
        title=rule.title,
        clauses=rule.clauses,
        due_by=verdict.due_by,
        is_overdue=verdict.outcome not in (OK, "due"),
        is_recorded=record is not None,
    )
