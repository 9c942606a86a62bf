"""From the findings of visits to events: one command for each camera, hour and binding version. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.kernel.batches import SEGMENTS_PER_BATCH_MAX, SegmentKey, lines
from services.kernel.events import DeletionCommanded, DeletionQueued, DeletionUnqueued, OverdueFound
from services.retention.decider import Visit
from services.retention.maximum import Reported
from services.retention.timing import Rules

Finding = DeletionQueued | DeletionUnqueued | OverdueFound


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
    merged: dict[tuple[int, Finding, Rules | None], list[SegmentKey]] = defaultdict(list)
    for each in found:
        for event, segments in _parts(each):
            merged[each.visit.bucket.key.hour, event, each.rules] += segments
    return [(replace(event, lines=lines(segments)), rules) for (_, event, rules), segments in merged.items()]


def commands(found: Iterable[Found], new_id: Callable[[], UUID]) -> list[tuple[DeletionCommanded, Rules]]:
    """Return the proposals (R2)."""
    merged: dict[tuple[str, int, Rules, tuple[str, ...]], list[SegmentKey]] = defaultdict(list)
    for each in found:
        if each.visit.command and each.rules is not None:
            key = each.visit.bucket.key
            segments = each.visit.bucket.segments(each.visit.command)
            merged[key.camera_id, key.hour, each.rules, each.rule_ids] += segments
    return [
        (_command(camera_id, part, rules, rule_ids, new_id()), rules)
        for (camera_id, _, rules, rule_ids), segments in merged.items()
        for part in _portions(segments)
    ]


def _parts(each: Found) -> Iterator[tuple[Finding, Sequence[SegmentKey]]]:
    """Yield each finding without its lines: equal ones of several buckets become one event."""
    visit, bucket = each.visit, each.visit.bucket
    camera_id = bucket.key.camera_id
    if visit.unqueue:
        unqueued = DeletionUnqueued(camera_id=camera_id, why=visit.why_unqueued, lines=())
        yield unqueued, bucket.segments(visit.unqueue)
    for queueing in visit.queue:
        queued = DeletionQueued(camera_id=camera_id, until=queueing.until, rule_ids=each.rule_ids, lines=())
        yield queued, bucket.segments(queueing.map)
    for outcome, reports in (("overdue", visit.overdue), ("past_maximum_protected", visit.past_maximum)):
        for report in reports:
            yield _overdue(camera_id, outcome, report), bucket.segments(report.map)


def _overdue(camera_id: str, outcome: str, report: Reported) -> OverdueFound:
    return OverdueFound(
        camera_id=camera_id,
        outcome=outcome,
        destroy_by=report.destroy_by,
        protected_by=report.protected_by,
        lines=(),
    )


def _command(
    camera_id: str, segments: Sequence[SegmentKey], rules: Rules, rule_ids: tuple[str, ...], batch_id: UUID
) -> DeletionCommanded:
    return DeletionCommanded(
        batch_id=batch_id,
        camera_id=camera_id,
        lines=lines(segments),
        policy_id=rules.binding.policy_id,
        policy_version_expected=rules.binding.version,
        rule_ids=rule_ids,
    )


def _portions(segments: Sequence[SegmentKey]) -> Iterable[Sequence[SegmentKey]]:
    for start in range(0, len(segments), SEGMENTS_PER_BATCH_MAX):
        yield segments[start : start + SEGMENTS_PER_BATCH_MAX]
