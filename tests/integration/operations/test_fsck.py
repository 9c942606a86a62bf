"""fsck on a running installation: every table is what the log says, and it finds what isn't."""

from __future__ import annotations

import asyncio

from sqlalchemy import text

from services.cli.operations.comparing import without_rows
from services.runtime import database
from services.runtime.digests import Digest
from tests.integration.operations.conftest import City, execute, faults


def test_every_table_of_a_running_installation_is_what_the_log_says(city: City) -> None:
    lines = city.json("fsck")["lines"]
    assert faults(lines) == {}
    rows = {(line["service"], line["table"]): line["rows"] for line in lines}
    assert rows["ingest", "segment"] == rows["retention", "segment"] == rows["analytics", "segment"] == 8
    assert rows["access", "protection"] > 0
    assert rows["analytics", f"tree {city.settings.audit_origin}"] == rows["analytics", "audit_entry"] > 20
    assert {line["kind"] for line in lines} == {"projection", "operational", "own"}


def test_a_row_that_the_log_does_not_know_is_found_and_named(city: City) -> None:
    execute(city, "ingest", "INSERT INTO gap VALUES ('plaza-01', 1, 2, 'nobody')")
    try:
        lines = city.json("fsck", "--service", "ingest", code=1)["lines"]
    finally:
        execute(city, "ingest", "DELETE FROM gap WHERE found_by = 'nobody'")
    assert faults(lines) == {("ingest", "gap"): faults(lines)["ingest", "gap"]}
    assert faults(lines)["ingest", "gap"].startswith("1 rows live, 0 from the log")


def test_a_changed_byte_in_the_audit_log_breaks_its_tree(city: City) -> None:
    flip = "UPDATE audit_entry SET entry = set_byte(entry, 3, get_byte(entry, 3) # 1) WHERE index = 2"
    execute(city, "analytics", flip)
    try:
        lines = city.json("fsck", "--service", "analytics", code=1)["lines"]
    finally:
        execute(city, "analytics", flip)
    assert set(faults(lines)) == {
        ("analytics", "audit_entry"),
        ("analytics", f"tree {city.settings.audit_origin}"),
    }


def test_an_operational_table_that_contradicts_itself_is_found(city: City) -> None:
    block = "INSERT INTO blocked_key (consumer, topic, key) VALUES ('retention.log', 'segment.events', 'x')"
    execute(city, "retention", block)
    try:
        lines = city.json("fsck", "--service", "retention", code=1)["lines"]
    finally:
        execute(city, "retention", "DELETE FROM blocked_key")
    assert faults(lines) == {
        ("retention", "blocked_key"): "not so for 1 rows: a key waits only behind an open dead letter"
    }


def test_no_rows_where_there_was_history_is_never_equal() -> None:
    empty = Digest(columns=("a",), rows=0, sha256="0")
    assert "3 events" in without_rows(empty, events=3)
    assert not without_rows(empty, events=0)


def test_nothing_of_a_check_stays_behind(city: City) -> None:
    city.json("fsck", "--service", "access")

    async def schemas() -> list[str]:
        engine = database.engine(city.settings, "access", limits={})
        async with engine.connect() as tx:
            found = await tx.scalars(text("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'rebuild%'"))
            names = list(found)
        await engine.dispose()
        return names

    assert asyncio.run(schemas()) == []


def test_an_unknown_service_is_wrong_use(city: City) -> None:
    assert city.run("fsck", "--service", "kitchen")[0] == 2
