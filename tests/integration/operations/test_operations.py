"""fsck, doctor, migrate and dead letters on one running installation."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.request import urlopen
from uuid import uuid4

import pytest
from confluent_kafka import Producer
from sqlalchemy import text

from services.cli.client import CallRefused
from services.cli.operations.comparing import without_rows
from services.kernel.envelope import Recorded
from services.kernel.events import AuditEntry, RecordDiscarded
from services.runtime import database
from services.runtime.codec import Codec
from services.runtime.digests import Digest
from services.runtime.kafka_read import read_to_end
from services.runtime.received import Received
from services.runtime.registry import open_registry
from tests.integration.operations.conftest import City, execute, faults
from tests.integration.operations.history import until


def test_every_table_of_a_running_installation_is_what_the_log_says(city: City) -> None:
    lines = city.json("fsck")["lines"]
    assert faults(lines) == {}
    rows = {(line["service"], line["table"]): line["rows"] for line in lines}
    assert rows["ingest", "segment"] == rows["retention", "segment"] == rows["analytics", "segment"] == 8
    assert rows["access", "protection"] > 0
    assert rows["analytics", f"tree {city.settings.audit_origin}"] == rows["analytics", "audit_entry"] > 20
    assert {line["kind"] for line in lines} == {"projection", "operational", "own", "promise"}
    assert rows["log", "destroyed nothing under a protection"] == rows["log", "destroyed only what was cleared"] == 4


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


def test_the_log_proves_that_it_only_grew_unless_an_entry_was_changed(city: City, tmp_path: Path) -> None:
    then = tmp_path / "root.json"
    size = city.json("audit", "root", "--out", str(then))["size"]
    assert city.json("audit", "consistency", "--since", str(then))["consistent"]
    # Any past of the log is the beginning of what was kept.
    grown = city.json("audit", "consistency", "--from", "7", "--to", str(size))
    assert (grown["to_root"], len(grown["path"]) > 1) == (json.loads(then.read_text())["root"], True)
    flip = f"UPDATE audit_entry SET leaf = set_byte(leaf, 3, get_byte(leaf, 3) # 1) WHERE index = {size - 1}"
    execute(city, "analytics", flip)
    try:
        found = city.json("audit", "consistency", "--since", str(then), code=1)["faults"]
    finally:
        execute(city, "analytics", flip)
    assert found[0].startswith(f"the root of {size} is ")
    with pytest.raises(CallRefused, match="no trees of these sizes"):
        city.run("audit", "consistency", "--from", "7", "--to", "999999")


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


def test_migrating_again_changes_nothing(city: City) -> None:
    rows = city.json("migrate")
    assert {row["name"] for row in rows if row["what"] == "database"} == {
        *("ingest", "retention", "access", "analytics", "vault")
    }
    assert {row["done"] for row in rows} == {"up to date", "as it should be"}


def test_migrate_makes_everything_on_an_empty_server(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = f"{city.settings.database_prefix.rstrip('_')}n"
    monkeypatch.setenv("CAMLEDGER_DATABASE_PREFIX", f"{prefix}_")
    monkeypatch.setenv("CAMLEDGER_TOPIC_PREFIX", f"{city.settings.topic_prefix}n.")
    first, second = city.json("migrate"), city.json("migrate")
    assert {row["done"] for row in first if row["what"] == "topic"} == {"created"}
    assert all(row["done"] != "up to date" for row in first)
    assert {row["done"] for row in second} == {"up to date", "as it should be"}


def test_the_doctor_names_what_one_broker_on_one_disk_can_lose_and_nothing_else(city: City) -> None:
    found = city.json("doctor", code=1)["findings"]
    assert {one["name"] for one in found} == {"few-replicas", "weak-acknowledgement"}
    chinese = city.json("doctor", "--lang", "zh-Hant", code=1)["findings"]
    assert {one["remedy"] for one in chinese}.isdisjoint({one["remedy"] for one in found})


def test_retention_shows_what_holds_it_up_and_what_is_late(city: City) -> None:
    def shown() -> dict[str, str]:
        with urlopen(f"{city.installation.urls['retention']}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        return dict(line.rsplit(" ", 1) for line in lines if line.startswith("camledger_"))

    opened = 'camledger_breakers_open{service="retention"}'
    trip = """INSERT INTO breaker (camera_id, tripped_at, "limit", counted) VALUES ('x', now(), 'drill', 1)"""
    until(lambda: shown().get(opened) == "0.0")
    execute(city, "retention", trip)
    try:
        until(lambda: shown()[opened] == "1.0")
    finally:
        execute(city, "retention", "DELETE FROM breaker WHERE camera_id = 'x'")
    assert shown()['camledger_clock_halted{service="retention"}'] == "0.0"
    assert shown()['camledger_late_camera_hours{outcome="overdue"}'] == "0.0"
    assert float(shown()['camledger_sweep_age_seconds{service="retention"}']) < 900


def test_a_breaker_is_listed_with_its_reason_and_reset_by_two_persons(city: City) -> None:
    trip = """INSERT INTO breaker (camera_id, tripped_at, "limit", counted) VALUES ('drill-1', now(), 'drill', 7)"""
    execute(city, "retention", trip)
    (found,) = city.json("breaker", "list", code=1)
    assert (found["camera_id"], found["state"], found["limit"], found["counted"]) == ("drill-1", "open", "drill", 7)
    reset = ("breaker", "reset", "drill-1", "--yes", "--as")
    assert city.json(*reset, "sysman-wu")["state"] == "proposed"
    assert city.json("breaker", "show", "drill-1", code=1)["state"] == "reset proposed"
    with pytest.raises(CallRefused, match="A second person"):
        city.run(*reset, "sysman-wu")
    assert city.json(*reset, "admin-root")["persons"] == ["p-0003", "p-0018"]
    assert city.json("breaker", "list") == []


def test_a_dead_letter_is_listed_shown_and_given_up_by_two_by_name(city: City) -> None:
    key = f"poison-{uuid4().hex}"
    producer = Producer({"bootstrap.servers": city.settings.kafka})
    producer.produce(city.settings.topic("shift.events"), key=key, value=b"no avro")
    producer.flush(10)
    readers = {"ingest", "retention", "analytics"}
    listed = until(lambda: _letters(city, at_least=len(readers)))
    assert {one["service"] for one in listed} == readers
    for one in listed:
        number = str(one["id"])
        assert city.json("deadletter", "show", one["service"], number)["value"] == b"no avro".hex()
        discard = ("deadletter", "discard", one["service"], number, "--yes", "--as")
        assert city.json(*discard, "admin-root")["state"] == "proposed"
        with pytest.raises(CallRefused, match="A second person"):
            city.run(*discard, "admin-root")
        assert city.json(*discard, "admin-two") == {"state": "discarded", "proposed_by": "p-0018", "applied": 0}
    assert city.json("deadletter", "list") == []
    assert until(lambda: _discards(city, at_least=len(readers))) == [("p-0018", "p-0019")] * len(readers)
    assert faults(city.json("fsck")["lines"]) == {}


def _letters(city: City, at_least: int) -> list[dict[str, str]]:
    code, _ = city.run("deadletter", "list")
    found: list[dict[str, str]] = city.json("deadletter", "list", code=1) if code else []
    return found if len(found) >= at_least else []


def _discards(city: City, at_least: int) -> list[tuple[str, ...]]:
    """Return the persons of each discard on the audit log; analytics' own stand on its topic as they are."""
    records = read_to_end(city.settings, "audit.log", Codec(open_registry(city.settings)))
    found: list[tuple[str, ...]] = []
    for record in records:
        match record:
            case Received(recorded=Recorded(event=RecordDiscarded(persons=persons))):
                found.append(persons)
            case Received(recorded=Recorded(event=AuditEntry(event_type="RecordDiscarded", entry=entry))):
                found.append(tuple(json.loads(entry)["event"]["persons"]))
    return found if len(found) >= at_least else []


def test_nothing_is_parked_here(city: City) -> None:
    assert city.json("parked", "list") == []
