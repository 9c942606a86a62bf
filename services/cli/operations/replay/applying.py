"""Carries a plan out: rebuild, compare, switch. Interrupted at any point it leaves the live tables as they were.

It holds no producer. The one event about it goes through analytics' outbox, after the fact.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.cli.operations.comparing import Side, beside, difference, engine_for, without_rows
from services.cli.operations.projected import Projected
from services.cli.operations.replay import runs
from services.cli.operations.replay.active import ANOTHER, NotNow, active_groups, connected
from services.cli.operations.replay.leftovers import tell, tidy
from services.cli.operations.replay.plan import Plan, forgotten, lost_of, over, plan_of
from services.cli.operations.replay.switching import switch
from services.cli.operations.replay.topics import ASIDE, carried, made_anew
from services.cli.operations.shadows import Taken, alone, new_shadow
from services.runtime.digests import Digest
from services.runtime.moment import Moment
from services.runtime.settings import Settings

BEAT_S = 1.0


class Cancelled(Exception):
    """Somebody asked for an end; the shadow is dropped, nothing was switched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for: a plan by its digest, by whom and why, and whether only to compare."""

    digest: str
    by: str
    why: str
    compare_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it: a line for each table, and the digests over all of them before and after."""

    run_id: UUID
    plan_digest: str
    records: int
    tables: Mapping[str, Mapping[str, object]]
    digest_before: str
    digest_after: str
    switched: bool


@dataclass(slots=True)
class Replay:
    """One run on one service."""

    settings: Settings
    one: Projected
    order: Order
    say: Callable[[str], None]
    done: int = 0
    total: int = 0
    shadow: str = field(default_factory=new_shadow)

    async def apply(self) -> Outcome:
        """Rebuild, compare, switch. Raises NotNow, Cancelled."""
        engine = engine_for(self.settings, self.one.service)
        try:
            async with alone(engine, runs.LOCK):
                await tidy(self.settings, engine)
                return await self._alone(engine)
        except Taken:
            raise NotNow(ANOTHER) from None
        finally:
            await engine.dispose()

    async def _alone(self, engine: AsyncEngine) -> Outcome:
        run_id, plan = await self._begun(engine)
        try:
            outcome = await self._watched(engine, run_id, plan)
        except BaseException as error:
            if not await self._stopped(engine, run_id, error):
                await tell(self.settings, engine)
                raise NotNow("interrupted, but after the switch: `camledger replay rollback` undoes it") from error
            raise
        await tell(self.settings, engine)
        return outcome

    async def _begun(self, engine: AsyncEngine) -> tuple[UUID, Plan]:
        async with engine.begin() as tx:
            found = await runs.planned(tx, self.order.digest)
            if found is None:
                raise NotNow(f"no plan has the digest {self.order.digest}: `camledger replay plan {self.one.service}`")
            run_id, plan = found
            if not self.order.compare_only:
                await self._refuse_if_active(tx)
            row = {"run_id": run_id, "why": self.order.why, "by": self.order.by, "shadow": self.shadow}
            await tx.execute(runs.START, row)
        return run_id, plan

    async def _stopped(self, engine: AsyncEngine, run_id: UUID, error: BaseException) -> bool:
        """Note why it ended; False if the switch had been committed before the interruption reached it."""
        ended = isinstance(error, Cancelled | asyncio.CancelledError | KeyboardInterrupt)
        state = runs.CANCELLED if ended else runs.FAILED
        async with engine.begin() as tx:
            noted = await tx.execute(runs.END, runs.ended(run_id, state, fault=str(error), done=self.done))
        return noted.rowcount == 1

    async def _refuse_if_active(self, tx: AsyncConnection) -> None:
        if groups := active_groups(self.settings, self.one.service):
            raise NotNow(f"{', '.join(groups)} still read: stop {self.one.service} first, or use --compare-only")
        if names := await connected(tx):
            raise NotNow(f"{', '.join(names)} have the database open: stop {self.one.service}, or use --compare-only")

    async def _watched(self, engine: AsyncEngine, run_id: UUID, plan: Plan) -> Outcome:
        work = asyncio.create_task(self._run(engine, run_id, plan))
        watch = asyncio.create_task(self._watch(engine, run_id))
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                work.cancel()
                with suppress(asyncio.CancelledError):
                    await work
                raise Cancelled("cancelled; nothing was switched")
            return work.result()
        finally:
            for task in (work, watch):
                task.cancel()
            await asyncio.gather(work, watch, return_exceptions=True)

    async def _watch(self, engine: AsyncEngine, run_id: UUID) -> None:
        """Return when somebody cancels; meanwhile tell how far it is."""
        while True:
            await asyncio.sleep(BEAT_S)
            async with engine.begin() as tx:
                state = await tx.scalar(runs.BEAT, {"run_id": run_id, "done": self.done})
            if self.total:
                self.say(f"{self.done:,} of {self.total:,} records, {100 * self.done // self.total} %")
            if state == runs.CANCELLING:
                return

    async def _run(self, engine: AsyncEngine, run_id: UUID, plan: Plan) -> Outcome:
        async with beside(engine, self.settings, self.one, shadow=self.shadow, started=self._started) as side:
            if not self.order.compare_only and plan_of(plan.service, plan.tables, side.moment) != plan:
                raise NotNow("the log has moved on since the plan: make a new one")
            if lost := lost_of(side.moment) or forgotten(await self.one.kept(side.moment.tx), side.moment):
                raise NotNow(lost)
            self._refuse_if_unsafe(side, plan.tables)
            anew = await self._made_anew(side, plan)
            outcome = self._outcome(run_id, plan, side)
            # The snapshot's own locks would keep the tables from being moved.
            await side.moment.tx.rollback()
            async with engine.begin() as tx:
                if outcome.switched:
                    await self._refuse_if_active(tx)
                    await carried(tx, side.shadow, anew)
                    await switch(tx, side.shadow, (*self.one.switched(plan.tables), ASIDE))
                state = runs.SWITCHED if outcome.switched else runs.COMPARED
                told = runs.ended(run_id, state, outcome.digest_before, outcome.digest_after, done=self.done)
                await tx.execute(runs.END, told)
        return outcome

    def _started(self, at: Moment) -> None:
        self.total, at.on_record = at.records(), self._count

    def _count(self) -> None:
        self.done += 1

    def _refuse_if_unsafe(self, side: Side, tables: Sequence[str]) -> None:
        if missing := side.moment.missing():
            raise NotNow(f"the oldest records of {', '.join(missing)} no longer exist: a rebuild would be a part only")
        for name in tables:
            events = side.moment.seen[self.one.checks.fed_by.get(name, object)]
            if fault := without_rows(side.rebuilt[name], events):
                raise NotNow(f"{name} would have {fault}")

    async def _made_anew(self, side: Side, plan: Plan) -> Mapping[str, str]:
        anew = await made_anew(side.moment.tx, self.settings)
        if anew and not self.order.compare_only and set(plan.tables) != set(self.one.compared):
            raise NotNow(f"{', '.join(sorted(anew))} was made anew: only all tables together can come from it")
        for topic in sorted(anew):
            self.say(f"{topic} was made anew: its id is {anew[topic]} now")
        return anew

    def _outcome(self, run_id: UUID, plan: Plan, side: Side) -> Outcome:
        return Outcome(
            run_id=run_id,
            plan_digest=plan.digest(),
            records=self.done,
            tables={name: _told(side.live[name], side.rebuilt[name]) for name in plan.tables},
            digest_before=over(side.live, plan.tables),
            digest_after=over(side.rebuilt, plan.tables),
            switched=not self.order.compare_only,
        )


def _told(live: Digest, rebuilt: Digest) -> dict[str, object]:
    return {
        "rows_live": live.rows,
        "rows_from_log": rebuilt.rows,
        "digest_live": live.sha256,
        "digest_from_log": rebuilt.sha256,
        "difference": difference(live, rebuilt),
    }
