"""What fsck says of tables that no log tells of: a right course is no fault, and a contradiction is one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import text

from services.ingest.checks import CHECKS
from services.runtime import database as databases
from services.runtime import migrate
from services.runtime.own_checks import faults_of
from services.runtime.settings import Settings

SETTLED = """insert into parked (parked_id, hold_id, log_offset, raw, error, proposed_by, how, settled_at) values
    ('hold.events/0/7', 'h', 7, '', 'unreadable', 'p-1', 'superseded', now()),
    ('hold.events/0/8', 'h', 8, '', 'waits for an earlier record of the same hold', '', '', now())"""
UNSAID = "update parked set how = '' where log_offset = 7"


def test_what_waited_behind_a_settled_protection_is_no_fault_and_a_settlement_without_a_way_is(
    database: str, tmp_path: Path
) -> None:
    name = urlsplit(database).path.lstrip("/")
    settings = Settings(service="ingest", database=database, database_prefix=f"{name}_", home=tmp_path)
    migrate.migrate(settings, "ingest")
    (check,) = [each for each in CHECKS.own if each.table == "parked"]

    async def found() -> list[int]:
        engine = databases.engine(settings, "ingest", pool=1)
        try:
            async with engine.connect() as tx:
                await tx.execute(text(SETTLED))
                right = await faults_of(tx, check)
                await tx.execute(text(UNSAID))
                return [right, await faults_of(tx, check)]
        finally:
            await engine.dispose()

    assert asyncio.run(found()) == [0, 2]
