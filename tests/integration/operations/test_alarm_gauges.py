"""What waits for a person is told by gauges from the tables, also to a process that has just started."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest.measuring import measure
from services.runtime import database as databases
from services.runtime import migrate
from services.runtime.open_letters import measure_letters
from services.runtime.settings import Settings

PARKED = """insert into parked (parked_id, hold_id, log_offset, raw, error, proposed_by, how)
    values ('p', 'h', 1, '', '', '', '')"""
FULL = "insert into store_state (store, exhausted_since) values ('first', now())"
LETTER = """insert into dead_letter (consumer, topic, partition, "offset", key, headers, value, kind, reason)
    values ('c', 't', 0, 0, '', '{}', '', 'bad', '')"""
SETTLED = ("update parked set settled_at = now()", "update store_state set exhausted_since = null")
DONE = (*SETTLED, "update dead_letter set settled_at = now()")


async def told(engine: AsyncEngine, *statements: str) -> tuple[float | None, ...]:
    async with engine.begin() as tx:
        for statement in statements:
            await tx.execute(text(statement))
    await measure(engine)
    await measure_letters(engine, "ingest")
    ingest = {"service": "ingest"}
    return (
        REGISTRY.get_sample_value("camledger_protections_parked", ingest),
        REGISTRY.get_sample_value("camledger_stores_full", ingest),
        REGISTRY.get_sample_value("camledger_dead_letters_open", ingest | {"kind": "bad"}),
        REGISTRY.get_sample_value("camledger_dead_letters_open", ingest | {"kind": "parked"}),
    )


def test_what_is_open_is_counted_until_it_is_settled(database: str, tmp_path: Path) -> None:
    name = urlsplit(database).path.lstrip("/")
    settings = Settings(service="ingest", database=database, database_prefix=f"{name}_", home=tmp_path)
    migrate.migrate(settings, "ingest")

    async def course() -> list[tuple[float | None, ...]]:
        engine = databases.engine(settings, "ingest", pool=1)
        try:
            return [await told(engine), await told(engine, PARKED, FULL, LETTER), await told(engine, *DONE)]
        finally:
            await engine.dispose()

    assert asyncio.run(course()) == [(0, 0, 0, 0), (1, 1, 1, 0), (0, 0, 0, 0)]
