"""Writes the next migration of a package from the difference between its migrations and its models."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import asyncpg
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.operations.ops import DowngradeOps, UpgradeOps
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from services.runtime import database
from services.runtime.migrate import _on, _upgrade, create_database, home_of, metadata_of, scripts_of
from services.runtime.settings import Settings

REVISION = '''"""{message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "{number:04}"
down_revision = {previous!r}
branch_labels = None
depends_on = None
PHASE = "expand"


def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    {downgrade}
'''


async def write_revision(settings: Settings, package: str, message: str) -> Path:
    """Write ``NNNN_<message>.py`` beside the other migrations and return its path; a scratch database is used."""
    home_of(package).mkdir(exist_ok=True)
    scratch = f"scratch_{uuid4().hex[:8]}"
    await create_database(settings, scratch)
    try:
        code = await _on(settings, scratch, lambda connection: _rendered(connection, package))
    finally:
        await _drop(settings, scratch)
    return _written(package, message, *code)


def _rendered(connection: Connection, package: str) -> tuple[str, str]:
    _upgrade(connection, scripts_of(package), contract=True)
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    found = produce_migrations(context, metadata_of(package))
    assert found.upgrade_ops is not None
    assert found.downgrade_ops is not None
    return _code(found.upgrade_ops), _code(found.downgrade_ops)


def _code(operations: UpgradeOps | DowngradeOps) -> str:
    # Alembic writes the default of a JSONB column out, under a name that it doesn't import.
    return render_python_code(operations).replace("astext_type=Text()", "")


def _written(package: str, message: str, upgrade: str, downgrade: str) -> Path:
    home = home_of(package)
    number = len([*home.glob("[0-9]*.py")]) + 1
    words = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")
    path = home / f"{number:04}_{words}.py"
    previous = f"{number - 1:04}" if number > 1 else None
    path.write_text(
        REVISION.format(message=message, number=number, previous=previous, upgrade=upgrade, downgrade=downgrade),
        "utf-8",
    )
    return path


async def _drop(settings: Settings, scratch: str) -> None:
    server = await asyncpg.connect(settings.database, timeout=10)
    try:
        await server.execute(f'DROP DATABASE IF EXISTS "{database.database_name(settings, scratch)}"')
    finally:
        await server.close()
