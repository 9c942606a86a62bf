"""The relay puts the outbox on the broker in the order in which decisions were made, and loses nothing when killed."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections import defaultdict

from services.runtime import database
from services.runtime.outbox import Outbox
from services.runtime.relay import Relay
from tests.fakes.ledger import NUMBER, SERVICE, answer
from tests.fakes.ledger_world import Running, World, until

END_SESSION = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
STREAMS = [f"cam-{number}" for number in range(3)]


def append(world: World, times: int) -> None:
    """Append to all streams from one writer, each append a transaction that holds the stream's row."""
    outbox = Outbox(SERVICE, world.codec, world.settings)

    async def run() -> None:
        engine = database.engine(world.settings, SERVICE, pool=1)
        for turn in range(times):
            camera = STREAMS[turn % len(STREAMS)]
            async with engine.begin() as tx:
                version = (await tx.execute(NUMBER, {"camera_id": camera, "more": 1})).scalar_one()
                await outbox.append(tx, [answer(camera, version)], camera)
        await engine.dispose()

    asyncio.run(run())


def by_stream(world: World) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for camera, version in world.answers():
        found[camera].append(version)
    return found


def without_repeats(versions: list[int]) -> list[int]:
    """What a consumer keeps that drops everything it has seen, and stops at a gap."""
    kept: list[int] = []
    for version in versions:
        if version == len(kept) + 1:
            kept.append(version)
        assert version <= len(kept), f"a gap before {version}"
    return kept


def emptied(world: World) -> bool:
    return not world.rows("SELECT 1 FROM outbox LIMIT 1")


def test_several_writers_of_the_same_streams_are_published_in_commit_order(world: World) -> None:
    writers = [threading.Thread(target=append, args=(world, 90)) for _ in range(4)]
    with Running(Relay(world.settings, SERVICE)):
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        until(lambda: emptied(world))
    assert by_stream(world) == {camera: list(range(1, 121)) for camera in STREAMS}


def test_two_relays_take_turns_and_publish_once(world: World) -> None:
    with Running(Relay(world.settings, SERVICE)), Running(Relay(world.settings, SERVICE)):
        append(world, 60)
        until(lambda: emptied(world))
    assert by_stream(world) == {camera: list(range(1, 21)) for camera in STREAMS}


def test_a_relay_that_dies_between_acknowledgement_and_delete_repeats_and_nothing_is_lost(world: World) -> None:
    append(world, 30)
    forget = world.rows("CREATE RULE keep AS ON DELETE TO outbox DO INSTEAD SELECT pg_sleep(60)")
    assert forget == []
    dying = world.start("relay")
    until(lambda: len(world.answers()) == 30)
    dying.kill()
    dying.wait()
    # Postgres lets the sleeping statement of a dead client run on; ours must not hold the table.
    world.rows(f"{END_SESSION} AND application_name = 'retention.relay'")
    world.rows("DROP RULE keep ON outbox")
    with Running(Relay(world.settings, SERVICE)):
        until(lambda: emptied(world))
    assert {camera: len(versions) for camera, versions in by_stream(world).items()} == dict.fromkeys(STREAMS, 20)
    assert all(without_repeats(versions) == list(range(1, 11)) for versions in by_stream(world).values())


def test_a_frozen_leader_loses_the_lock_and_the_other_relay_goes_on(world: World) -> None:
    leader = world.start("relay")
    append(world, 3)
    until(lambda: emptied(world))
    os.kill(leader.pid, signal.SIGSTOP)
    append(world, 30)
    with Running(Relay(world.settings, SERVICE)):
        until(lambda: emptied(world))
    os.kill(leader.pid, signal.SIGCONT)
    append(world, 3)
    until(lambda: emptied(world))
    assert all(without_repeats(versions) == list(range(1, 13)) for versions in by_stream(world).values())


def test_an_error_of_delivery_ends_the_process_at_once(world: World) -> None:
    append(world, 3)
    world.rows("UPDATE outbox SET topic = topic || '.nowhere' WHERE id = (SELECT min(id) FROM outbox)")
    process = world.start("relay", CAMLEDGER_KAFKA_SECURITY='{"topic.metadata.propagation.max.ms": "500"}')
    assert process.wait(40) == 70
    assert len(world.rows("SELECT 1 FROM outbox")) == 3


def test_a_relay_outlives_the_loss_of_its_connection(world: World) -> None:
    with Running(Relay(world.settings, SERVICE)) as relay:
        append(world, 3)
        until(lambda: emptied(world))
        world.rows(f"{END_SESSION} AND application_name = 'retention.relay'")
        append(world, 3)
        until(lambda: emptied(world) or relay.ended())
        assert relay.error is None
    assert by_stream(world) == {camera: [1, 2] for camera in STREAMS}


def test_headers_are_cloudevents_and_the_trace_follows_from_the_stream(world: World) -> None:
    append(world, 1)
    [row] = world.rows("SELECT headers FROM outbox")
    assert row.headers["ce_type"] == "camledger.retention.events.BreakerTripped"
    assert row.headers["ce_subject"] == "answers/cam-0"
    assert row.headers["traceparent"].startswith("00-")
    assert {"ce_id", "ce_source", "ce_time", "ce_specversion", "ce_dataschema", "content-type"} <= set(row.headers)
