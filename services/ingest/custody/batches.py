"""What becomes of a cleared batch: an outcome for each segment, and one answer once all of them have one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.custody import batch_lines
from services.ingest.ledger import CUSTODY, Because, Ledger
from services.ingest.plain import iso
from services.kernel.batches import HourLine, SegmentKey, keys, lines
from services.kernel.events import BatchAnswered, DeletionCleared, LineAnswer, Outcome
from services.kernel.mark import Guard
from services.runtime.database import db_now

LOOK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What befell a segment, and for a refusal which guard stood in the way and until when."""

    outcome: Outcome
    reason: str = ""
    seq: int = 0
    not_before: datetime | None = None


def to_json(results: Mapping[SegmentKey, Result]) -> list[dict[str, Any]]:
    """Pack the results of one line as its row keeps them."""
    by_result: dict[Result, list[SegmentKey]] = defaultdict(list)
    for key, result in results.items():
        by_result[result].append(key)
    return [
        {
            "outcome": result.outcome.value,
            "reason": result.reason,
            "seq": result.seq,
            "not_before": iso(result.not_before) if result.not_before else None,
            "lines": [_line(line) for line in lines(found)],
        }
        for result, found in by_result.items()
    ]


def merged(answers: Iterable[Mapping[str, Any]]) -> tuple[LineAnswer, ...]:
    """Unpack the rows of a batch into its answers, one for each different result."""
    by_result: dict[tuple[str, str, int, str | None], list[SegmentKey]] = defaultdict(list)
    for answer in answers:
        result = (answer["outcome"], answer["reason"], answer["seq"], answer["not_before"])
        by_result[result] += keys(
            HourLine(**line | {"offsets_us": tuple(line["offsets_us"])}) for line in answer["lines"]
        )
    return tuple(
        LineAnswer(
            outcome=outcome,
            reason=reason,
            seq=seq,
            not_before=datetime.fromisoformat(not_before) if not_before else None,
            lines=lines(found),
        )
        for (outcome, reason, seq, not_before), found in by_result.items()
    )


async def close_if_answered(
    tx: AsyncConnection, ledger: Ledger, batch_id: UUID, camera_id: str, because: Because
) -> bool:
    """Say BatchAnswered and close the batch for ever, once every line has an outcome."""
    answers = await batch_lines.answers_if_complete(tx, batch_id)
    if answers is None:
        return False
    event = BatchAnswered(batch_id=batch_id, camera_id=camera_id, answers=merged(answers))
    await ledger.append(tx, event, stream_id=f"batch/{batch_id}/answer", key=str(batch_id), because=because)
    await batch_lines.close_batch(tx, batch_id, because.at)
    return True


WHY_VOID = {
    Guard.START_GATE: "cleared before custody's start gate",
    Guard.PARKED: "its clearance couldn't be read in time",
}


async def void(
    tx: AsyncConnection, ledger: Ledger, batch_id: UUID, camera_id: str, guard: Guard = Guard.START_GATE
) -> None:
    """Answer what is left of a batch ``void``: cleared for a process that is no more (C0), or not readable then."""
    result = Result(outcome=Outcome.VOID, reason=guard.value)
    for line in await batch_lines.lines_of(tx, batch_id):
        await batch_lines.answer_line(tx, batch_id, line.position, to_json(dict.fromkeys(line.segments(), result)))
    because = Because(actor=CUSTODY, at=await db_now(tx), reason=WHY_VOID[guard])
    await close_if_answered(tx, ledger, batch_id, camera_id, because)


async def refuse_version(tx: AsyncConnection, ledger: Ledger, event: DeletionCleared) -> None:
    """Refuse a whole batch whose command names a policy version that the protection log doesn't know (decision 9)."""
    now = await db_now(tx)
    # Asking at once would change nothing: only another command, or a version adopted meanwhile, can.
    result = Result(
        outcome=Outcome.REFUSED, reason=Guard.POLICY_VERSION.value, seq=event.seq, not_before=now + LOOK_AGAIN
    )
    for line in await batch_lines.lines_of(tx, event.batch_id):
        await batch_lines.answer_line(
            tx, event.batch_id, line.position, to_json(dict.fromkeys(line.segments(), result))
        )
    why = f"its command expects version {event.policy_version_expected} of {event.policy_id}, which never was in force"
    await close_if_answered(tx, ledger, event.batch_id, event.camera_id, Because(actor=CUSTODY, at=now, reason=why))


def _line(line: HourLine) -> dict[str, Any]:
    return {
        "camera_id": line.camera_id,
        "hour": line.hour,
        "generation": line.generation,
        "offsets_us": list(line.offsets_us),
    }
