"""A moment knows what was read and is in the log no longer: a topic that was made anew has nothing missing in front."""

from __future__ import annotations

import asyncio

from services.cli.operations.replay.plan import lost_of
from services.runtime import database
from services.runtime.moment import Sources, moment
from tests.fakes.ledger import CONSUMER, SERVICE, card
from tests.fakes.ledger_world import World

TOPIC = "segment.events"


def refused(world: World) -> str:
    async def ask() -> str:
        engine = database.engine(world.settings, SERVICE, pool=2)
        try:
            async with moment(engine, world.settings, world.codec, Sources(own=(), read={TOPIC: CONSUMER})) as at:
                return lost_of(at)
        finally:
            await engine.dispose()

    return asyncio.run(ask())


def test_what_was_read_beyond_the_end_of_a_topic_is_lost_and_named(world: World) -> None:
    world.feed([card("cam-a", 1)])
    assert refused(world) == ""
    world.rows(
        "INSERT INTO consumer_offset (consumer, topic, partition, next_offset) "
        f"VALUES ('{CONSUMER}', '{TOPIC}', 0, 1007)"
    )
    assert f" of {TOPIC}/0. A rebuild would forget them" in refused(world)
