"""The sweep: folds closed hours, reads the wheel up to the cursor, visits what is due and proposes it (R2).

One transaction holds the visits, their events and the cursor. With nothing due it reads three small things, however
much is stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import CLOCK_BOOTTIME, clock_gettime
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.kernel.batches import hour_of
from services.kernel.events import BreakerTripped, ClockHalted
from services.kernel.protection import ProtectionLog
from services.retention import breakers, buckets, cursor, waiting, wheel
from services.retention.breaker import CLOCK, EVERYWHERE, Trip, trips
from services.retention.bucket import Bucket
from services.retention.buckets import Connection
from services.retention.clock import Halt, Look, look
from services.retention.decider import Circumstances, visit
from services.retention.emitting import Emitter, Stated
from services.retention.facts import Filed, filed
from services.retention.fold import Folding
from services.retention.library import Library
from services.retention.limits import Limits
from services.retention.proposals import Found, commands, findings
from services.retention.protections import Protections
from services.retention.timing import Rules
from services.retention.waiting import Waits
from services.retention.wheel import Entry
from services.runtime import database

DAY = timedelta(days=1)
REBUCKETS = "DELETE FROM rebucket WHERE due_from <= $1 AND seq <= $2 RETURNING policy_id"
LIMIT_OF = {"ahead": "clock within 5 minutes", "behind": "clock not before the last sweep"}
BOUND = "SELECT DISTINCT camera_id, retention_class FROM segment_hour WHERE stage <> 'gone'"


def steady_s() -> float:
    """Return seconds of a clock that nobody can set and that counts while the machine sleeps."""
    return clock_gettime(CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one transaction of the sweep knows."""

    tx: AsyncConnection
    connection: Connection
    now: datetime
    log: ProtectionLog
    open_breakers: frozenset[str]


class Sweep:
    """Called again and again by the ticker; returns when nothing is left to do now."""

    def __init__(
        self,
        protections: Protections,
        library: Library,
        emitter: Emitter,
        limits: Limits,
        *,
        now: Callable[[AsyncConnection], Awaitable[datetime]] = database.db_now,
        steady: Callable[[], float] = steady_s,
    ) -> None:
        self._protections, self._library, self._emitter, self._limits = protections, library, emitter, limits
        self._now, self._steady = now, steady
        self._folding = Folding(limits.fold_max)
        self._last_look: Look | None = None

    async def __call__(self, engine: AsyncEngine) -> None:
        """Sweep until nothing is due. Each round is a transaction of its own."""
        more = True
        while more:
            async with engine.begin() as tx:
                more = await self._round(tx)

    async def _round(self, tx: AsyncConnection) -> bool:
        connection = await database.raw(tx)
        at = await cursor.lock(connection)
        # Behind the lock: whoever waits for another sweeper would else take its instant for a clock that ran back.
        now = await self._now(tx)
        if await self._halted(tx, connection, at, now):
            return False
        folded = await self._folding.piece(connection, now - self._limits.lateness)
        log = await self._protections.refresh(connection)
        await self._rebucket(connection, log, now)
        visited = await self._visit_due(
            Round(
                tx=tx,
                connection=connection,
                now=now,
                log=log,
                open_breakers=await breakers.open_breakers(connection),
            )
        )
        if at.swept_to is None or at.swept_to.date() != now.date():
            await wheel.drop_empty(connection, (now - DAY).date())
        if at.halted_why:
            await breakers.reset(connection, CLOCK)  # It was behind, and has caught up by itself.
        await cursor.move(connection, now)
        return bool(folded) or visited == self._limits.visits_max

    async def _halted(self, tx: AsyncConnection, connection: Connection, at: cursor.Cursor, now: datetime) -> bool:
        mine = Look(database=now, steady_s=self._steady())
        if at.halted_why == "ahead":
            self._last_look = mine
            return True  # Until two persons say that the clock is right; from then on it counts from here.
        found = look(at.swept_to or now, self._last_look, mine)
        if found is None:
            self._last_look = mine
            return False
        if not at.halted_why:
            await self._tell_halt(tx, connection, found)
        return True

    async def _tell_halt(self, tx: AsyncConnection, connection: Connection, found: Halt) -> None:
        await cursor.halt(connection, found.seen_at, found.why)
        # Behind, too: it may have been far ahead before, and would then stand until that instant comes.
        await breakers.trip(connection, [Trip(camera_id=CLOCK, limit=LIMIT_OF[found.why], counted=0)], found.seen_at)
        event = ClockHalted(camera_id=EVERYWHERE, last_seen_at=found.last_seen_at, seen_at=found.seen_at)
        await self._emitter.emit(tx, connection, [(event, None)], found.seen_at)

    async def _rebucket(self, connection: Connection, log: ProtectionLog, now: datetime) -> None:
        policies = {row["policy_id"] for row in await connection.fetch(REBUCKETS, now, log.seq)}
        if policies:
            rows = await connection.fetch(BOUND)
            pairs = [(row["camera_id"], row["retention_class"]) for row in rows]
            await wheel.touch_bound(connection, [p for p in pairs if log.policy_of(*p, now) in policies])

    async def _visit_due(self, around: Round) -> int:
        if EVERYWHERE in around.open_breakers:
            return 0
        entries = await wheel.take(around.connection, around.now, self._limits.visits_max)
        if entries:
            await self._visit_all(around, await _fresh(around.connection, entries))
        return len(entries)

    async def _visit_all(self, around: Round, due: Sequence[Bucket]) -> None:
        """Visit, and if a limit would be passed, trip it and visit once more without those proposals."""
        context = await _context(around, due)
        found = [self._visit(bucket, around, context, around.open_breakers) for bucket in due]
        hour = hour_of(around.now)
        proposed = _proposed(found)
        fills, everywhere = await breakers.fills(around.connection, proposed, hour) if proposed else ({}, 0)
        tripped = trips(proposed, fills, everywhere, self._limits)
        fresh = await breakers.trip(around.connection, tripped, around.now)
        if fresh:
            closed = around.open_breakers | {trip.camera_id for trip in fresh}
            found = [self._visit(bucket, around, context, closed) for bucket in due]
        await breakers.count(around.connection, _proposed(found), hour)
        await self._write(around, found)
        await self._emitter.emit(around.tx, around.connection, _stated(found, fresh), around.now)

    def _visit(self, bucket: Bucket, around: Round, context: _Context, closed: frozenset[str]) -> Found:
        camera = bucket.key.camera_id
        rules = context.rules_of(self._library, bucket)
        circumstances = Circumstances(
            now=around.now,
            rules=rules,
            protections=tuple(around.log.protections.values()),
            facts=context.filed.about,
            read_seq=around.log.seq,
            waits=context.waits.get((camera, bucket.key.hour, bucket.key.generation), ()),
            breaker_open=camera in closed or EVERYWHERE in closed,
            ask_again=timedelta(seconds=self._limits.ask_again_s),
        )
        return Found(visit=visit(bucket, circumstances), rules=rules)

    async def _write(self, around: Round, found: Sequence[Found]) -> None:
        visits = [each.visit for each in found]
        await buckets.write(around.connection, [(v.bucket, v.stage) for v in visits])
        await wheel.place(around.connection, [(v.next_at, v.bucket.key) for v in visits if v.next_at is not None])
        await wheel.hold(around.connection, [(hold, v.bucket.key) for v in visits for hold in sorted(v.held_by)])


@dataclass(slots=True, kw_only=True)
class _Context:
    """What is read once for all visits of a round."""

    around: Round
    filed: Filed
    waits: Waits
    rules: dict[tuple[str, str], Rules | None]

    def rules_of(self, library: Library, bucket: Bucket) -> Rules | None:
        key = (bucket.key.camera_id, bucket.retention_class)
        if key not in self.rules:
            self.rules[key] = library.rules(self.around.log, *key, self.around.now)
        return self.rules[key]


async def _context(around: Round, due: Sequence[Bucket]) -> _Context:
    hours = {(b.key.camera_id, b.key.hour) for b in due}
    await waiting.forget(around.connection, hours, around.log.seq, around.now)
    waits = await waiting.read(around.connection, hours)
    return _Context(around=around, filed=await filed(around.connection, due), waits=waits, rules={})


async def _fresh(connection: Connection, entries: Sequence[Entry]) -> list[Bucket]:
    """Lock the buckets of these entries; those whose next visit is another one by now aren't meant."""
    instants: dict[object, set[datetime]] = {}
    for entry in entries:
        instants.setdefault(entry.key, set()).add(entry.due_at)
    found = await buckets.lock(connection, list(dict.fromkeys(entry.key for entry in entries)))
    return [bucket for bucket in found if bucket.due_at in instants[bucket.key]]


def _proposed(found: Sequence[Found]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for each in found:
        if each.visit.command:
            counts[each.visit.bucket.key.camera_id] += each.visit.command.bit_count()
    return counts


def _stated(found: Sequence[Found], tripped: Sequence[Trip]) -> list[Stated]:
    stated: list[Stated] = [
        (BreakerTripped(camera_id=t.camera_id, limit=t.limit, counted=t.counted), None) for t in tripped
    ]
    return [*stated, *findings(found), *commands(found, uuid4)]
