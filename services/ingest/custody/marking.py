"""C3: mark what may go. Every guard is asked in ``services.kernel.mark``, in the transaction that marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest.catalog import store as catalog
from services.ingest.catalog.footage import Footage
from services.ingest.custody import batch_lines, batches, facts, gate, oldest, store
from services.ingest.custody.batches import Result
from services.ingest.custody.forbids import Forbids
from services.ingest.custody.reading import Standing
from services.ingest.ledger import Because, Ledger, timer
from services.ingest.policy import Bound, Packs, Times, may, strictest, times
from services.kernel.batches import SegmentKey
from services.kernel.events import DestructionStarted, Outcome
from services.kernel.ids import PROTECTION_LOG, event_id, segment_stream
from services.kernel.mark import CLOCK_MARGIN, Mark, MarkCase, Parked, Refused, SegmentState, decide_mark
from services.kernel.protection import covering
from services.runtime.database import db_now
from services.runtime.telemetry import traceparent_of

LINES_A_TICK_MAX = 50


@dataclass(slots=True)
class Marker:
    """Marks the lines of cleared batches, oldest batch first, each in one short transaction under the shared gate."""

    ledger: Ledger
    forbids: Forbids
    packs: Packs
    standing: Standing

    async def tick(self, engine: AsyncEngine) -> None:
        """Work off what is cleared; return early enough for the process to stop in time."""
        for _ in range(LINES_A_TICK_MAX):
            if self.standing.start_id is None or not await self.mark_one(engine):
                return

    async def mark_one(self, engine: AsyncEngine) -> bool:
        """Judge one line; False if there is none."""
        async with engine.begin() as tx:
            await gate.shared(tx)
            await self._still_mine(tx)
            line = await batch_lines.next_line(tx)
            if line is None:
                return False
            view = await self._view(tx, line)
            results = {key: await self._judge(tx, line, key, view) for key in line.segments()}
            await batch_lines.answer_line(tx, line.batch_id, line.position, batches.to_json(results))
            because = Because(actor=timer("custody"), at=view.now)
            await batches.close_if_answered(tx, self.ledger, line.batch_id, line.camera_id, because)
        return True

    async def _still_mine(self, tx: AsyncConnection) -> None:
        if await store.start_id(tx) != self.standing.start_id:
            raise gate.CustodyLost(f"start {self.standing.start_id} holds custody no longer: another process took over")

    async def _view(self, tx: AsyncConnection, line: batch_lines.Line) -> View:
        return View(
            read_seq=await self.forbids.catch_up(tx),
            now=await db_now(tx),
            rows=await catalog.in_hour(tx, line.camera_id, line.hour, line.generation),
            filed=await facts.filed(tx, [line.camera_id]),
            parked=await store.parked_scopes(tx),
            cleared=line.start_id == self.standing.start_id,
        )

    async def _judge(self, tx: AsyncConnection, line: batch_lines.Line, key: SegmentKey, view: View) -> Result:
        footage = view.rows.get(key.started_at)
        if footage is None:
            return Result(outcome=Outcome.UNKNOWN)
        if footage.state is not SegmentState.KEPT:
            gone = footage.state is SegmentState.GONE
            return Result(outcome=Outcome.GONE if gone else Outcome.DESTROYING, seq=footage.mark_seq)
        by = strictest(self.forbids.log, self.packs, footage, view.now)
        when = times(by, footage) if by else None
        match decide_mark(await self._case(tx, footage, view, by, when)):
            case Mark() as mark:
                assert by is not None
                assert when is not None
                await self._start(tx, line, footage, mark, by=by, when=when, now=view.now)
                return Result(outcome=Outcome.DESTROYING, seq=mark.mark_seq)
            case Refused() as refused:
                return Result(
                    outcome=Outcome.REFUSED,
                    reason=refused.guard.value,
                    seq=refused.seq,
                    not_before=refused.not_before,
                )

    async def _case(
        self, tx: AsyncConnection, footage: Footage, view: View, by: Bound | None, when: Times | None
    ) -> MarkCase:
        return MarkCase(
            start_id_is_mine=True,
            cleared_and_open=view.cleared,
            state=footage.state,
            facts=view.filed.of(footage),
            parked=view.parked,
            protections=tuple(self.forbids.log.protections.values()),
            destroyable_from=when.destroyable_from if when else None,
            refused_by_rule=await self._rule(tx, footage, view, by, when) if by and when else "",
            read_seq=view.read_seq,
            now=view.now,
        )

    async def _rule(self, tx: AsyncConnection, footage: Footage, view: View, by: Bound, when: Times) -> str:
        early = view.now - CLOCK_MARGIN
        free = not covering(self.forbids.log.protections.values(), view.filed.of(footage), early)
        due = when.destroyable_from is not None and early >= when.destroyable_from
        first = await oldest.is_oldest_expired(tx, footage, view.filed, self.forbids.log, by=by, now=early)
        asked = {"at": view.now, "footage": {"deletable": free and due, "oldest_expired": first}}
        verdict = may(by, "destroy", asked)
        return "" if verdict is None or verdict.allowed else f"{verdict.rule}: {verdict.reason}"

    async def _start(
        self,
        tx: AsyncConnection,
        line: batch_lines.Line,
        footage: Footage,
        mark: Mark,
        *,
        by: Bound,
        when: Times,
        now: datetime,
    ) -> None:
        assert when.destroyable_from is not None
        event = DestructionStarted(
            camera_id=footage.camera_id,
            started_at=footage.started_at,
            generation=footage.generation,
            batch_id=line.batch_id,
            mark_seq=mark.mark_seq,
            destroyable_from=when.destroyable_from,
            rule_ids=when.interval.rules,
        )
        rule = next(iter(when.interval.rules), "custody")
        stream = segment_stream(footage.camera_id, footage.started_at, footage.generation)
        because = Because(
            actor=timer(rule),
            at=now,
            policy_version=by.pack.reference,
            causation_id=str(event_id(PROTECTION_LOG, line.seq)),
            causes=(traceparent_of(PROTECTION_LOG, line.seq),),
        )
        await self.ledger.append(tx, event, stream_id=stream, key=footage.camera_id, because=because)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What stands in the tables for one camera-hour, read under the gate."""

    read_seq: int
    now: datetime
    rows: Mapping[datetime, Footage]
    filed: facts.Filed
    parked: list[Parked]
    cleared: bool
