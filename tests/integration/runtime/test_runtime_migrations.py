"""Databases are made from nothing, upgraded in phases, and compared with the models."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from services.runtime import database, migrate
from services.runtime.revision import write_revision
from services.runtime.settings import Settings

TABLES = """
from sqlalchemy import Column, Integer, Table
from services.runtime.tables import metadata_for
METADATA = metadata_for("ingest")
Table("first", METADATA, Column("id", Integer, primary_key=True), {more})
"""
CONTRACTING = '''
"""Take the old column away."""
import sqlalchemy as sa
from alembic import op
revision = "0002"
down_revision = "0001"
PHASE = "contract"
def upgrade(): op.drop_column("first", "old")
'''


@pytest.fixture
def package(tmp_path: Path) -> Iterator[str]:
    """A service's package of its own, importable while the test runs."""
    name = f"pretended_{tmp_path.name.replace('-', '_')}"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    sys.path.insert(0, str(tmp_path))
    write_tables(name, 'Column("old", Integer)')
    yield name
    sys.path.remove(str(tmp_path))
    for module in [module for module in sys.modules if module.startswith(name)]:
        del sys.modules[module]


def write_tables(package: str, more: str) -> None:
    home = Path(sys.path[0]) / package
    (home / "tables.py").write_text(TABLES.format(more=more))
    importlib.invalidate_caches()
    sys.modules.pop(f"{package}.tables", None)


def columns(settings: Settings) -> list[str]:
    async def run() -> list[str]:
        connection = await asyncpg.connect(database.dsn(settings, "ingest"))
        rows = await connection.fetch("SELECT column_name FROM information_schema.columns WHERE table_name = 'first'")
        await connection.close()
        return sorted(row[0] for row in rows)

    return asyncio.run(run())


def test_the_first_revision_is_written_from_the_models_and_makes_them(settings: Settings, package: str) -> None:
    path = asyncio.run(write_revision(settings, package, "First tables"))
    assert path.name == "0001_first_tables.py"
    assert migrate.migrate(settings, "ingest", package=package) == ["0001"]
    assert migrate.migrate(settings, "ingest", package=package) == []
    assert migrate.drift(settings, "ingest", package=package) == []


def test_a_model_without_its_migration_is_found(settings: Settings, package: str) -> None:
    asyncio.run(write_revision(settings, package, "First tables"))
    migrate.migrate(settings, "ingest", package=package)
    write_tables(package, 'Column("old", Integer), Column("forgotten", Integer)')
    assert any("forgotten" in line for line in migrate.drift(settings, "ingest", package=package))


def test_a_contracting_revision_waits_until_it_is_asked_for(settings: Settings, package: str) -> None:
    path = asyncio.run(write_revision(settings, package, "First tables"))
    path.with_name("0002_drop_old.py").write_text(CONTRACTING)
    assert migrate.migrate(settings, "ingest", package=package, contract=False) == ["0001"]
    assert columns(settings) == ["id", "old"]
    assert migrate.migrate(settings, "ingest", package=package) == ["0002"]
    assert columns(settings) == ["id"]


def test_two_processes_that_start_at_once_migrate_once(settings: Settings, package: str) -> None:
    asyncio.run(write_revision(settings, package, "First tables"))

    async def both() -> list[list[str]]:
        one = [asyncio.to_thread(migrate.migrate, settings, "ingest", package=package) for _ in range(2)]
        return await asyncio.gather(*one)

    assert sorted(asyncio.run(both())) == [[], ["0001"]]


def test_a_service_logs_in_under_a_role_of_its_own_when_one_is_set(settings: Settings, package: str) -> None:
    asyncio.run(write_revision(settings, package, "First tables"))
    own = settings.model_copy(update={"database_role": f"{settings.database_prefix}{{service}}"})
    migrate.migrate(own, "ingest", package=package)

    async def who() -> str:
        connection = await asyncpg.connect(database.dsn(own, "ingest"))
        name = await connection.fetchval("SELECT current_user")
        await connection.close()
        return str(name)

    assert asyncio.run(who()) == f"{settings.database_prefix}ingest"
