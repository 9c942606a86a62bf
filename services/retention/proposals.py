"""From the findings of visits to events: one command for each camera, hour and binding version. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias
from uuid import UUID

from services.kernel.batches import SEGMENTS_PER_BATCH_MAX, HourLine
from services.kernel.events import DeletionCommanded, DeletionQueued, DeletionUnqueued, OverdueFound
from services.retention.decider import Visit
from services.retention.maximum import Reported
from services.retention.timing import Rules

Finding = DeletionQueued | DeletionUnqueued | OverdueFound
Named: TypeAlias = tuple[int, int]  # generation and offset of a segment in its hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One visit, with the rules that it was judged by."""

    visit: Visit
    rules: Rules | None

    @property
    def rule_ids(self) -> tuple[str, ...]:
        return self.visit.timing.rule_ids if self.visit.timing else ()


def findings(found: Iterable[Found]) -> list[tuple[Finding, Rules | None]]:
    """Return what enters or leaves the queue and what is overdue, merged by camera and hour."""
    merged: dict[tuple[int, Finding, Rules | None], list[Named]] = defaultdict(list)
    for each in found:
        for event, named in _parts(each):
            merged[each.visit.bucket.key.hour, event, each.rules] += named
    return [
        (replace(event, lines=_lines(event.camera_id, hour, named)), rules)
        for (hour, event, rules), named in merged.items()
    ]


def commands(found: Iterable[Found], new_id: Callable[[], UUID]) -> list[tuple[DeletionCommanded, Rules]]:
    """Return the proposals (R2)."""
    merged: dict[tuple[str, int, Rules, tuple[str, ...]], list[Named]] = defaultdict(list)
    for each in found:
        if each.visit.command and each.rules is not None:
            key = each.visit.bucket.key
            merged[key.camera_id, key.hour, each.rules, each.rule_ids] += each.visit.bucket.named(each.visit.command)
    return [
        (_command(camera_id, _lines(camera_id, hour, part), rules, rule_ids, new_id()), rules)
        for (camera_id, hour, rules, rule_ids), named in merged.items()
        for part in _portions(named)
    ]


def _parts(each: Found) -> Iterator[tuple[Finding, Sequence[Named]]]:
    """Yield each finding without its lines: equal ones of several buckets become one event."""
    visit, bucket = each.visit, each.visit.bucket
    camera_id = bucket.key.camera_id
    if visit.unqueue:
        unqueued = DeletionUnqueued(camera_id=camera_id, why=visit.why_unqueued, lines=())
        yield unqueued, bucket.named(visit.unqueue)
    for queueing in visit.queue:
        queued = DeletionQueued(camera_id=camera_id, until=queueing.until, rule_ids=each.rule_ids, lines=())
        yield queued, bucket.named(queueing.map)
    for outcome, reports in (("overdue", visit.overdue), ("past_maximum_protected", visit.past_maximum)):
        for report in reports:
            yield _overdue(camera_id, outcome, report), bucket.named(report.map)


def _overdue(camera_id: str, outcome: str, report: Reported) -> OverdueFound:
    return OverdueFound(
        camera_id=camera_id,
        outcome=outcome,
        destroy_by=report.destroy_by,
        protected_by=report.protected_by,
        lines=(),
    )


def _command(
    camera_id: str, named: tuple[HourLine, ...], rules: Rules, rule_ids: tuple[str, ...], batch_id: UUID
) -> DeletionCommanded:
    return DeletionCommanded(
        batch_id=batch_id,
        camera_id=camera_id,
        lines=named,
        policy_id=rules.binding.policy_id,
        policy_version_expected=rules.binding.version,
        rule_ids=rule_ids,
    )


def _portions(named: Sequence[Named]) -> Iterable[Sequence[Named]]:
    for start in range(0, len(named), SEGMENTS_PER_BATCH_MAX):
        yield named[start : start + SEGMENTS_PER_BATCH_MAX]


def _lines(camera_id: str, hour: int, named: Iterable[Named]) -> tuple[HourLine, ...]:
    """Pack what is named inside one hour of a camera into lines, ordered by generation and offset."""
    return tuple(
        HourLine(camera_id=camera_id, hour=hour, generation=generation, offsets_us=tuple(o for _, o in run))
        for generation, run in groupby(sorted(set(named)), key=itemgetter(0))
    )
