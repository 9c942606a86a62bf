"""What the lists of retention count is what every segment says by itself, whatever has become of it."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection as Migrating

from services.retention import asking, buckets, queue, store
from services.retention.bits import everything
from services.retention.bucket import Bucket, BucketKey
from services.retention.buckets import Connection
from services.retention.fold import Folding
from services.retention.instants import iso
from services.retention.projector import project
from services.runtime import database as databases
from services.runtime.settings import Settings
from tests.fakes.neighbours import segment

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
TAIPEI = ZoneInfo("Asia/Taipei")
UNTIL = NOON + timedelta(days=3)
ON_ITS_WAY = ("queued", "due", "commanded", "overdue")
STAGES = (*ON_ITS_WAY, "kept", "gone")
KEYS = "SELECT camera_id, hour, generation, chunk FROM segment_hour"
REMAINING = """
SELECT camera_id, hour, generation, sum(remaining)::int AS number FROM segment_hour GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
UNPACKED = """
SELECT camera_id, hour, generation, count(*) FILTER (WHERE NOT destroyed)::int AS number
  FROM segment GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


def filming(chance: random.Random) -> list[tuple[str, int, int, str]]:
    """Return camera, minute, generation and class: re-recorded footage, and two classes, hence buckets, of an hour."""
    once = {(chance.choice("ab"), chance.randrange(150), chance.randint(1, 2)) for _ in range(200)}
    found = [(*each, chance.choice("xy")) for each in sorted(once)]
    chance.shuffle(found)
    return found


async def filled(connection: Connection, filmed: Sequence[tuple[str, int, int, str]], *, late: int = 0) -> list[Bucket]:
    """Record and fold, ``late`` of it after the fold of the rest; return the buckets."""
    for part in (filmed[late:], filmed[:late]):
        events = [
            segment(camera, NOON + timedelta(minutes=minute), generation=generation, retention_class=kept)
            for camera, minute, generation, kept in part
        ]
        await store.carry_out(connection, project(events))
        folding = Folding(100)
        while await folding.piece(connection, NOON + timedelta(days=1)):
            pass
    return await buckets.lock(connection, [BucketKey(**dict(row)) for row in await connection.fetch(KEYS)])


def become(bucket: Bucket, chance: random.Random) -> Bucket:
    queued, commanded, destroyed, overdue, past = (
        chance.choice([0, chance.getrandbits(bucket.size), everything(bucket.size)]) for _ in range(5)
    )
    hours = chance.randrange(-200, 90)
    return bucket._replace(
        queued=queued,
        commanded=commanded,
        destroyed=destroyed,
        overdue=overdue,
        past_maximum=past,
        due_at=chance.choice([None, *[NOON + timedelta(hours=hours, seconds=1)] * 5]),
    )


def by_day(changed: Sequence[tuple[Bucket, str]]) -> list[tuple[object, ...]]:
    hours: Counter[tuple[str, str, str]] = Counter()
    segments: Counter[tuple[str, str, str]] = Counter()
    for bucket, stage in changed:
        if stage in ON_ITS_WAY and (stage == "overdue" or (bucket.due_at is not None and bucket.due_at < UNTIL)):
            day = "" if bucket.due_at is None else str(bucket.due_at.astimezone(TAIPEI).date())
            hours[day or "never", bucket.key.camera_id, stage] += 1
            segments[day or "never", bucket.key.camera_id, stage] += bucket.live.bit_count()
    return [(camera, stage, day, hours[key], segments[key]) for key in sorted(hours) for day, camera, stage in [key]]


def lines(changed: Sequence[tuple[Bucket, str]]) -> Counter[tuple[object, ...]]:
    return Counter(
        (
            *(b.key.camera_id, iso(b.begins), b.retention_class, stage, b.live.bit_count()),
            *((b.queued & b.live & ~b.commanded).bit_count(), (b.commanded & b.live).bit_count(), iso(b.due_at)),
        )
        for b, stage in changed
        if stage in ON_ITS_WAY
    )


def late_lines(changed: Sequence[tuple[Bucket, str]]) -> Counter[tuple[object, ...]]:
    outcomes = (
        (b.key.camera_id, iso(b.begins), outcome, (map_ & b.live).bit_count())
        for b, stage in changed
        for outcome, map_ in (
            ("overdue", b.overdue & ~b.past_maximum),
            ("past_maximum_protected", b.past_maximum),
        )
        if stage in ON_ITS_WAY
    )
    return Counter(each for each in outcomes if each[-1])


@pytest.mark.parametrize("seed", range(8))
def test_what_is_counted_is_what_the_segments_say(wired: Settings, seed: int) -> None:
    chance = random.Random(seed)

    async def story() -> None:
        connection = await asyncpg.connect(databases.dsn(wired, "retention"))
        try:
            found = await filled(connection, filming(chance), late=60)
            changed = [(become(bucket, chance), chance.choice(STAGES)) for bucket in found]
            await buckets.write(connection, changed)
            await must_agree(connection, changed)
        finally:
            await connection.close()

    asyncio.run(story())


async def must_agree(connection: Connection, changed: Sequence[tuple[Bucket, str]]) -> None:
    assert await connection.fetch(REMAINING) == await connection.fetch(UNPACKED)
    counted = await queue.by_day(connection, "Asia/Taipei", UNTIL)
    assert [(e["camera_id"], e["stage"], e["day"] or "never", e["hours"], e["segments"]) for e in counted] == by_day(
        changed
    )
    assert Counter(tuple(line.values()) for line in await asking.due(connection, None, None)) == lines(changed)
    told = Counter((e["camera_id"], e["hour"], e["outcome"], e["segments"]) for e in await asking.overdue(connection))
    assert told == late_lines(changed)


def test_what_was_folded_before_it_was_counted_is_counted(wired: Settings) -> None:
    revision = import_module("services.retention.migrations.0008_what_remains_is_counted")

    def there_and_back(connection: Migrating) -> None:
        with Operations.context(MigrationContext.configure(connection)):
            revision.downgrade()
            revision.upgrade()

    async def story() -> list[int]:
        engine = databases.engine(wired, "retention", limits={})
        async with engine.begin() as tx:
            raw = await databases.raw(tx)
            (bucket,) = await filled(raw, [("a", minute, 1, "x") for minute in range(9)])
            await buckets.write(raw, [(bucket._replace(destroyed=0b110000001), "queued")])
            await tx.run_sync(there_and_back)
            found = [int(row["number"]) for row in await raw.fetch(REMAINING)]
        await engine.dispose()
        return found

    assert asyncio.run(story()) == [6]


def test_the_days_are_counted_from_an_index_alone(wired: Settings) -> None:
    async def story() -> str:
        connection = await asyncpg.connect(databases.dsn(wired, "retention"))
        try:
            for other in ("seqscan", "bitmapscan"):
                await connection.execute(f"SET enable_{other} = off")
            rows = await connection.fetch(f"EXPLAIN {queue.BY_DAY}", "UTC", UNTIL)
            return "\n".join(row[0] for row in rows)
        finally:
            await connection.close()

    assert "Index Only Scan" in asyncio.run(story())
