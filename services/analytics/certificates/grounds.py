"""What each mark rests on: how far custody had read, which clearance, which version. Also one that a restore forgot."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.analytics.certificates import queries, refusals
from services.kernel.batches import HourLine, SegmentKey, names
from services.kernel.binding import PolicyBinding, binding_version
from services.kernel.events import DeletionCleared
from services.kernel.said_again import NO_BATCH, clearing, read_up_to

Key = tuple[str, datetime, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """What one mark rests on, as its certificate tells it."""

    seq: int  # of the protection log: up to there custody had read
    cleared: str  # the event of its clearance
    answered: str  # the event of the answer that told of a mark said again; empty for any other
    in_force: UUID  # the event of the version that bound
    binding: PolicyBinding
    rules: Sequence[str]
    free_from: datetime

    @property
    def reference(self) -> str:
        return _reference(self.binding)


@dataclass(frozen=True, slots=True)
class _Answered:
    """The first answer that called a segment being destroyed."""

    seq: int
    event: str


async def resting(
    tx: AsyncConnection,
    origin: str,
    rows: Sequence[Row[Any]],
    lines: Iterable[Row[Any]],
    bindings: Mapping[UUID, PolicyBinding],
) -> dict[Key, Resting]:
    """Return what the marks of destroyed segments rest on. Raises a Refusal for what the log doesn't prove yet."""
    said_again = [row for row in rows if row.mark_batch == NO_BATCH]
    found = {key_of(row): _told(row, bindings) for row in rows if row.mark_batch != NO_BATCH}
    if said_again:
        answers = await _answers(tx, origin, lines)
        for row in said_again:
            found[key_of(row)] = await _said_again(tx, origin, row, answers, bindings)
    return found


def key_of(row: Row[Any]) -> Key:
    """Return the key of a segment's row."""
    return row.camera_id, row.started_at, row.generation


def _told(row: Row[Any], bindings: Mapping[UUID, PolicyBinding]) -> Resting:
    """A mark names its clearance and its version itself."""
    for event, binding in reversed(list(bindings.items())):
        marked = row.mark_event is not None and binding.seq <= row.mark_seq
        if marked and _reference(binding) == row.mark_policy:
            return Resting(
                seq=row.mark_seq,
                cleared=row.cleared_event,
                answered="",
                in_force=event,
                binding=binding,
                rules=row.mark_rules,
                free_from=row.free_from,
            )
    raise refusals.not_proven(1)


async def _said_again(
    tx: AsyncConnection,
    origin: str,
    row: Row[Any],
    answers: Sequence[tuple[_Answered, Sequence[HourLine]]],
    bindings: Mapping[UUID, PolicyBinding],
) -> Resting:
    """A mark said again names neither: both are what stood before the answer that told of it (F9)."""
    key = SegmentKey(camera_id=row.camera_id, started_at=row.started_at, generation=row.generation)
    answered = next((each for each, destroying in answers if names(destroying, key)), None)
    seq = read_up_to(row.mark_batch, row.mark_seq, answered.seq if answered else None)
    cleared = await _clearance(tx, origin, key, seq)
    if answered is None or cleared is None:
        raise refusals.not_proven(1)
    known = {binding.seq: event for event, binding in bindings.items()}
    of_its_policy = [
        each for each in bindings.values() if (each.policy_id, each.seq <= seq) == (cleared.policy_id, True)
    ]
    binding = binding_version(of_its_policy, row.marked_at)
    receipt = (await queries.entries(tx, origin, [row.receipt_event])).get(str(row.receipt_event))
    if binding is None or receipt is None:
        raise refusals.not_proven(1)
    return Resting(
        seq=seq,
        cleared=str(queries.on_the_log(cleared.seq)),
        answered=answered.event,
        in_force=known[binding.seq],
        binding=binding,
        rules=row.destruction_rules,
        free_from=datetime.fromisoformat(json.loads(receipt.text)["event"]["destroyable_from"]),
    )


async def _answers(
    tx: AsyncConnection, origin: str, lines: Iterable[Row[Any]]
) -> list[tuple[_Answered, Sequence[HourLine]]]:
    """Return custody's answers to these protections, the first of the protection log first."""
    entries = await queries.answers(tx, origin, {line.hold_id for line in lines})
    told = ((each, json.loads(each.text)["event"]) for each in entries)
    found = [(_Answered(event["seq"], each.event_id), _lines(event["destroying"])) for each, event in told]
    return sorted(found, key=lambda answer: answer[0].seq)


async def _clearance(tx: AsyncConnection, origin: str, key: SegmentKey, seq: int) -> DeletionCleared | None:
    """Look through the protection log from a position back: a mark follows its clearance soon."""
    async for entries in queries.cleared_before(tx, origin, seq):
        newest_first = (_cleared(json.loads(each.text)["event"]) for each in entries)
        if (found := clearing(newest_first, key, NO_BATCH, seq)) is not None:
            return found
    return None


def _cleared(told: Mapping[str, Any]) -> DeletionCleared:
    return DeletionCleared(
        batch_id=UUID(told["batch_id"]),
        seq=told["seq"],
        camera_id=told["camera_id"],
        lines=_lines(told["lines"]),
        policy_id=told["policy_id"],
        policy_version_expected=told["policy_version_expected"],
    )


def _lines(told: Iterable[Mapping[str, Any]]) -> tuple[HourLine, ...]:
    return tuple(HourLine(**{**line, "offsets_us": tuple(line["offsets_us"])}) for line in told)


def _reference(binding: PolicyBinding) -> str:
    return f"{binding.policy_id}@{binding.version}#{binding.digest[:12]}"
