"""Fault 15 to its end: topics of access are gone, and the runbook leads everybody on. Nothing is lost."""

from __future__ import annotations

import asyncio

import pytest
from confluent_kafka.admin import AdminClient
from sqlalchemy import text
from typer.testing import CliRunner

from services.access.own_facts import key_of
from services.access.recovery import OWN_TOPICS
from services.cli.application import app
from services.cli.operations.replay.writing_again import Order, WritingAgain
from services.kernel.topics import SERVICES
from services.runtime import database
from services.runtime.codec import Codec
from services.runtime.consumer import producer
from services.runtime.kafka_read import read_to_end
from services.runtime.received import Received
from services.runtime.registry import open_registry
from tests.integration.operations.conftest import City, execute, faults
from tests.integration.operations.history import CAMERA, until
from tests.integration.operations.test_replay import applied, planned, start, stop

LOST = ("hold.events", "request.events", "access.events")
BY = ("--by", "p-0018", "--why", "INC-7")
# What a relay that was killed leaves: it said three records twice, and analytics counted them.
REPEATED = """UPDATE consumer_offset SET next_offset = next_offset + 3 WHERE topic = 'request.events'
    AND next_offset = (SELECT max(next_offset) FROM consumer_offset WHERE topic = 'request.events')"""


@pytest.fixture
def lost(city: City) -> City:
    """An installation at rest whose topics were deleted and, with a person's word, made anew."""
    for service in SERVICES:
        stop(city, service)
    admin = AdminClient(dict(city.settings.client()))
    for gone in admin.delete_topics([city.settings.topic(topic) for topic in LOST]).values():
        gone.result(30)
    accepted = [word for topic in LOST for word in ("--accept-lost-topic", topic)]
    until(lambda: not there(admin, city))
    assert city.run("migrate")[0] == 1
    assert city.run("migrate", *accepted)[0] == 0
    return city


def there(admin: AdminClient, city: City) -> set[str]:
    return {city.settings.topic(topic) for topic in LOST} & admin.list_topics(timeout=30).topics.keys()


def test_a_key_follows_from_the_record_that_was_published_under_it(city: City) -> None:
    codec = Codec(open_registry(city.settings))
    for topic in OWN_TOPICS:
        for record in read_to_end(city.settings, topic, codec):
            assert isinstance(record, Received)
            assert (topic, record.key) == (topic, key_of(record.recorded))


def test_topics_of_access_that_were_lost_are_whole_again_and_everybody_goes_on(lost: City) -> None:
    execute(lost, "analytics", REPEATED)
    refused("plan", "access", because="A rebuild would forget them")
    refused("write-again", "hold.events", *BY, because="request.events was made anew as well")
    refused("write-again", *LOST, *BY, because="3 records more were read of request.events")
    asyncio.run(killed_after_two_records(lost))
    written = lost.json("replay", "write-again", *LOST, *BY, "--with-repeats")
    assert {one["topic"]: one["repeats"] for one in written} == dict(zip(LOST, (0, 3, 0), strict=True))
    assert lost.json("replay", "write-again", *LOST, *BY, "--with-repeats") == written
    for service in SERVICES:
        outcome = applied(lost, service, planned(lost, service)["digest"])
        assert {table: told["difference"] for table, told in outcome["tables"].items() if told["difference"]} == {}
    for service in SERVICES:
        start(lost, service)
    hold = placed(lost)
    until(lambda: lost.json("hold", "show", hold)["state"] == "effective")
    assert faults(lost.json("fsck")["lines"]) == {}
    refused("write-again", "hold.events", *BY, because="there is nothing to write again")


async def killed_after_two_records(city: City) -> None:
    """Leave what a run leaves that is killed before it deletes the second of the two records that it has published."""
    engine = database.engine(city.settings, "access", limits={}, application="camledger-operations")
    order = Order(topics=LOST, by="p-0018", why="INC-7", repeats=True)
    await WritingAgain(city.settings, order, print)._queue(engine)
    to = producer(city.settings)
    async with engine.begin() as tx:
        rows = (await tx.execute(text("SELECT id, topic, key, value FROM outbox ORDER BY id LIMIT 2"))).all()
        for row in rows:
            to.produce(row.topic, key=bytes(row.key), value=bytes(row.value))
        assert to.flush(30) == 0
        await tx.execute(text("DELETE FROM outbox WHERE id = :id"), {"id": rows[0].id})
    await engine.dispose()


def refused(*arguments: str, because: str) -> None:
    told = CliRunner().invoke(app, ["replay", *arguments])
    assert (told.exit_code, because in " ".join(told.stderr.split())) == (1, True), told.stderr


def placed(city: City) -> str:
    matter = ("--matter", "115-9", "--authority", "court", "--review-by", "2027-06-01T00:00:00Z")
    held = city.json("hold", "place", *matter, "--camera", CAMERA, "--from", "2026-11-01T00:00:00Z")
    return str(held["hold_id"])
