"""Lists of the newest refusals and gaps read as many rows as they show, however many years there are."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import pytest
from sqlalchemy import TextClause, text

from services.ingest.intake import store
from services.runtime import database as real
from services.runtime.migrate import drift, migrate
from services.runtime.settings import Settings


@pytest.fixture
def own(database: str) -> Settings:
    found = Settings(service="ingest", database=database, database_prefix=urlsplit(database).path.lstrip("/") + "_")
    migrate(found, "ingest")
    return found


@pytest.mark.parametrize("camera", [None, "cam-1"])
@pytest.mark.parametrize("statement", [store._REFUSALS, store._GAPS])
def test_the_newest_are_read_in_the_order_of_an_index(own: Settings, statement: TextClause, camera: str | None) -> None:
    async def plan() -> str:
        engine = real.engine(own, "ingest", limits={})
        try:
            async with engine.begin() as tx:
                for other in ("seqscan", "bitmapscan"):
                    await tx.execute(text(f"set local enable_{other} = off"))
                asked = text(f"explain {statement.text}")
                return "\n".join((await tx.execute(asked, {"camera": camera, "most": 10})).scalars())
        finally:
            await engine.dispose()

    read = asyncio.run(plan())
    assert "Index Scan" in read
    assert "Sort" not in read


def test_the_tables_are_those_of_the_migrations(own: Settings) -> None:
    assert drift(own, "ingest") == []
