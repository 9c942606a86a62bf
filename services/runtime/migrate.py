"""Databases and their migrations: created when missing, upgraded by Alembic, compared with the models.

Expand, deploy, contract: a revision says ``PHASE = "contract"`` when the code before it can't live with it; the chain
stops there unless contracting is asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg
from sqlalchemy import Connection, MetaData

from services.runtime import database
from services.runtime.settings import Settings

if TYPE_CHECKING:
    # Alembic is large, and a start that finds its database up to date needs nothing of it.
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script, ScriptDirectory

T = TypeVar("T")
CONTRACT = "contract"
REVISION = re.compile(r"^revision(?:: str)? = ['\"](\w+)['\"]", re.MULTILINE)
BUILDS_ON = re.compile(r"^down_revision(?:: [\w| ]+)? = ['\"](\w+)['\"]", re.MULTILINE)
LOCK = 43  # two processes of a service may start at once; one migrates
STATEMENT_WITHIN_S = 3_600.0  # a revision may write a table of millions of rows anew


def migrate(settings: Settings, service: str, *, package: str = "", contract: bool = True) -> list[str]:
    """Bring a service's database to the newest revision and return the revisions that were run.

    Creates database and role when they are missing. ``package`` holds ``migrations`` and ``tables``, by default
    ``services.<service>``. With ``contract`` False it stops before the first contracting revision.
    """
    return asyncio.run(_migrate(settings, service, package or f"services.{service}", contract=contract))


def drift(settings: Settings, service: str, *, package: str = "") -> list[str]:
    """Return the differences between a migrated database and the models; empty when they agree."""
    metadata = metadata_of(package or f"services.{service}")
    return asyncio.run(_on(settings, service, lambda connection: _differences(connection, metadata)))


def metadata_of(package: str) -> MetaData:
    """Return ``METADATA`` of a package's tables."""
    metadata = import_module(f"{package}.tables").METADATA
    assert isinstance(metadata, MetaData)
    return metadata


def home_of(package: str) -> Path:
    """Return the folder of a package's migrations."""
    (folder, *_) = import_module(package).__path__
    return Path(folder) / "migrations"


def scripts_of(package: str) -> ScriptDirectory:
    """Return the revisions of a package."""
    from alembic.script import ScriptDirectory

    home = home_of(package)
    return ScriptDirectory(str(home), version_locations=[str(home)])


def newest_of(package: str) -> str | None:
    """Return the one revision that no other builds on, read from the files without loading them."""
    texts = [path.read_text("utf-8") for path in home_of(package).glob("*.py")]
    named = {name for text in texts for name in REVISION.findall(text)}
    newest = named - {name for text in texts for name in BUILDS_ON.findall(text)}
    return newest.pop() if len(newest) == 1 else None


def _applied(connection: Connection) -> str | None:
    if connection.exec_driver_sql("SELECT to_regclass('alembic_version')").scalar() is None:
        return None
    rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    return str(rows[0]) if len(rows) == 1 else None


async def create_database(settings: Settings, service: str) -> None:
    """Create a service's role and database on the server of the base DSN, where they are missing."""
    name, role = database.database_name(settings, service), settings.database_role.format(service=service)
    server = await asyncpg.connect(settings.database, timeout=10)
    try:
        if role and not await server.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
            await _unless_there(server, f'CREATE ROLE "{role}" LOGIN')
        if not await server.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await _unless_there(server, f'CREATE DATABASE "{name}"' + (f' OWNER "{role}"' if role else ""))
    finally:
        await server.close()


async def _unless_there(server: asyncpg.Connection[asyncpg.Record], statement: str) -> None:
    try:
        await server.execute(statement)
    except (asyncpg.DuplicateObjectError, asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
        return  # Another process of ours was quicker.


async def _migrate(settings: Settings, service: str, package: str, *, contract: bool) -> list[str]:
    if not await _exists(settings, service):
        await create_database(settings, service)
    if await _on(settings, service, lambda connection: _applied(connection) == newest_of(package)):
        return []
    return await _on(settings, service, lambda connection: _upgrade(connection, scripts_of(package), contract=contract))


async def _exists(settings: Settings, service: str) -> bool:
    try:
        await (await asyncpg.connect(database.dsn(settings, service), timeout=10)).close()
    except (asyncpg.InvalidCatalogNameError, asyncpg.InvalidAuthorizationSpecificationError):
        return False
    return True


async def _on(settings: Settings, service: str, work: Callable[[Connection], T]) -> T:
    named = "camledger-migrate"
    engine = database.engine(
        settings, service, pool=1, limits={}, application=named, command_timeout_s=STATEMENT_WITHIN_S
    )
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, scripts: ScriptDirectory, *, contract: bool) -> list[str]:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    ran: list[str] = []

    def steps(revision: Any, _context: MigrationContext) -> list[Any]:  # noqa: ANN401 - Alembic's own types
        until = _target(scripts, revision, contract=contract)
        found = scripts._upgrade_revs(until, revision) if until else []  # noqa: SLF001 - what alembic upgrade calls
        ran.extend(str(step.revision.revision) for step in found)
        return found

    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext

    with EnvironmentContext(Config(), scripts, fn=steps) as environment:
        environment.configure(connection=connection)
        environment.run_migrations()
    return ran


def _target(scripts: ScriptDirectory, applied: Sequence[str], *, contract: bool) -> str | None:
    head = scripts.get_current_head()
    if contract or head is None:
        return head
    target: str | None = None
    for script in reversed([*scripts.walk_revisions()]):
        if phase_of(script) == CONTRACT and script.revision not in _past(scripts, applied):
            return target
        target = script.revision
    return target


def _past(scripts: ScriptDirectory, applied: Sequence[str]) -> set[str]:
    return {script.revision for script in scripts.iterate_revisions(tuple(applied), "base")} if applied else set()


def phase_of(script: Script) -> str:
    """Return whether a revision expands or contracts."""
    return str(getattr(script.module, "PHASE", "expand"))


def _differences(connection: Connection, metadata: MetaData) -> list[str]:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    partitioned = tuple(
        f"{t.name}_" for t in metadata.tables.values() if t.dialect_options["postgresql"]["partition_by"]
    )

    def counts(_object: object, name: str | None, kind: str, reflected: bool, _other: object) -> bool:
        # Partitions come and go with the days; the table that they are parts of is what the models state.
        return not (kind == "table" and reflected and (name or "").startswith(partitioned) and partitioned)

    options = {"compare_type": True, "compare_server_default": False, "include_object": counts}
    context = MigrationContext.configure(connection, opts=options)
    return [str(difference) for difference in compare_metadata(context, metadata)]


def main(arguments: Sequence[str] | None = None) -> int:
    """``upgrade|revision|drift SERVICE``: run migrations, write the next one from the models, compare."""
    from services.runtime.revision import write_revision

    parser = argparse.ArgumentParser(prog="python -m services.runtime.migrate", description=main.__doc__)
    parser.add_argument("act", choices=("upgrade", "revision", "drift"))
    parser.add_argument("service")
    parser.add_argument("message", nargs="?", default="")
    parser.add_argument("--package", default="")
    parser.add_argument("--expand-only", action="store_true", help="stop before the first contracting revision")
    chosen = parser.parse_args(arguments)
    settings, package = Settings(), chosen.package or f"services.{chosen.service}"
    if chosen.act == "revision":
        said = [str(asyncio.run(write_revision(settings, package, chosen.message)))]
    elif chosen.act == "drift":
        said = drift(settings, chosen.service, package=package)
    else:
        said = migrate(settings, chosen.service, package=package, contract=not chosen.expand_only)
    sys.stdout.writelines(f"{line}\n" for line in said)
    return int(chosen.act == "drift" and bool(said))


if __name__ == "__main__":
    sys.exit(main())
