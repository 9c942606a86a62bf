"""Replay: dropping every projection's rows and reading the log again gives the tables with the same digests."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import text

from services.cli.operations.projected import projected
from services.cli.up.children import Child
from services.kernel.events import ReplayRun
from services.runtime import database
from services.runtime.codec import Codec
from services.runtime.kafka_read import read_to_end
from services.runtime.received import Received
from services.runtime.registry import open_registry
from tests.integration.operations.conftest import City, execute, faults
from tests.integration.operations.history import until

Digests = dict[tuple[str, str], str]
OLD = "a-topic-of-the-past---"


def digests(city: City, code: int = 0) -> Digests:
    lines = city.json("fsck", code=code)["lines"]
    return {(line["service"], line["table"]): line["digest"] for line in lines if line["kind"] == "projection"}


def children(city: City, service: str) -> list[Child]:
    return [child for child in city.installation.children if child.name.split(".")[0] == service]


def stop(city: City, service: str) -> None:
    for child in children(city, service):
        child.ask_to_stop()
    for child in children(city, service):
        child.wait_stopped()


def start(city: City, service: str) -> None:
    for child in children(city, service):
        child.start()
    city.until_ready(service)


def planned(city: City, service: str, *tables: str) -> dict[str, Any]:
    options = [word for name in tables for word in ("--table", name)]
    plan: dict[str, Any] = city.json("replay", "plan", service, *options)
    return plan


def applied(city: City, service: str, digest: str, *more: str, code: int = 0) -> dict[str, Any]:
    named = ("--plan", digest, "--by", "p-0018", "--why", "a drill")
    outcome: dict[str, Any] = city.json("replay", "apply", service, *named, *more, code=code)
    return outcome


def emptied(city: City, service: str) -> None:
    one = projected(service)
    views = {"segment"} if "segment_hot" in one.tables else set()
    names = ", ".join(sorted({n for n, kind in one.tables.items() if kind != "operational"} - views))
    execute(city, service, f"TRUNCATE {names}")


def test_a_plan_names_its_records_and_the_same_plan_has_the_same_digest(city: City) -> None:
    stop(city, "retention")
    try:
        plan, again = planned(city, "retention"), planned(city, "retention")
    finally:
        start(city, "retention")
    assert plan["digest"] == again["digest"]
    assert plan["missing"] == 0
    assert plan["records"] == sum(one["records"] for one in plan["stretches"]) + plan["waiting"] > 20


def test_a_running_service_is_compared_and_never_switched(city: City) -> None:
    plan = planned(city, "access", "protection")
    code, _ = city.run("replay", "apply", "access", "--plan", plan["digest"], "--by", "p-0018", "--why", "x")
    assert code == 1
    outcome = applied(city, "access", plan["digest"], "--compare-only")
    assert outcome["switched"] is False
    assert outcome["tables"]["protection"]["difference"] == ""


def test_dropping_every_projection_and_replaying_the_log_gives_equal_digests(city: City) -> None:
    for service in ("ingest", "retention", "access", "analytics"):
        stop(city, service)
    before = digests(city)
    for service in ("ingest", "retention", "access", "analytics"):
        emptied(city, service)
    assert digests(city, code=1) != before
    for service in ("ingest", "retention", "access", "analytics"):
        applied(city, service, planned(city, service)["digest"])
    assert digests(city) == before
    # What stood in the schema that is gone, columns and functions with it, would be missed here.
    assert {row["done"] for row in city.json("migrate")} == {"up to date", "as it should be"}
    for service in ("access", "ingest", "retention", "analytics"):
        start(city, service)
    assert faults(city.json("fsck")["lines"]) == {}


def test_every_replay_stands_on_the_audit_log_with_who_and_why(city: City) -> None:
    told = until(lambda: [one for one in _runs(city) if one.recorded.event.why.startswith("a drill (plan ")])
    assert {one.recorded.envelope.actor_id for one in told} == {"p-0018"}
    assert all(one.recorded.event.why.startswith("a drill (plan ") for one in told)
    assert {run["state"] for run in city.json("replay", "status", "access")} >= {"compared", "switched"}
    assert "fault" in city.run("replay", "status", "access")[1]


def _runs(city: City) -> list[Any]:
    codec = Codec(open_registry(city.settings))
    records = read_to_end(city.settings, "audit.log", codec)
    return [r for r in records if isinstance(r, Received) and isinstance(r.recorded.event, ReplayRun)]


def test_what_was_live_before_a_switch_comes_back_whole(city: City) -> None:
    stop(city, "ingest")
    try:
        before = digests(city)
        execute(city, "ingest", "INSERT INTO gap VALUES ('plaza-01', 1, 2, 'nobody')")
        applied(city, "ingest", planned(city, "ingest", "gap")["digest"])
        assert digests(city) == before
        assert city.run("replay", "rollback", "ingest", "--by", "p-0018", "--why", "a drill")[0] == 0
        assert digests(city, code=1)["ingest", "gap"] != before["ingest", "gap"]
        assert city.run("replay", "rollback", "ingest", "--by", "p-0018", "--why", "a drill")[0] == 0
        assert digests(city) == before
    finally:
        start(city, "ingest")


def test_a_replay_reads_and_never_writes_to_a_topic(city: City) -> None:
    async def outboxes() -> int:
        engine = database.engine(city.settings, "access", limits={})
        async with engine.connect() as tx:
            rows = await tx.scalar(text("SELECT count(*) FROM outbox"))
        await engine.dispose()
        return int(rows or 0)

    stop(city, "access")
    try:
        ahead = asyncio.run(outboxes())
        applied(city, "access", planned(city, "access")["digest"], "--compare-only")
        assert asyncio.run(outboxes()) == ahead
    finally:
        start(city, "access")


def test_tables_made_from_a_topic_that_was_made_anew_go_on_in_it_and_go_back_to_the_old_one(city: City) -> None:
    stop(city, "retention")
    execute(city, "retention", f"UPDATE consumer_topic SET topic_id = '{OLD}' WHERE topic = 'hold.events'")
    part = planned(city, "retention", "protection_record")["digest"]
    assert city.run("replay", "apply", "retention", "--plan", part, "--by", "p-0018", "--why", "a part")[0] == 1
    applied(city, "retention", planned(city, "retention")["digest"])
    assert OLD not in topics_read(city)
    for expected in (True, False):
        assert city.run("replay", "rollback", "retention", "--by", "p-0018", "--why", "a drill")[0] == 0
        assert (OLD in topics_read(city)) is expected
    start(city, "retention")


def topics_read(city: City) -> set[str]:
    async def read() -> set[str]:
        engine = database.engine(city.settings, "retention", limits={})
        async with engine.connect() as tx:
            found = set(await tx.scalars(text("SELECT topic_id FROM consumer_topic")))
        await engine.dispose()
        return found

    return asyncio.run(read())
