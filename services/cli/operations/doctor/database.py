"""The database's settings that could lose a commit after its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import asyncpg

from services.cli.operations.doctor.finding import Finding
from services.runtime.settings import Settings

DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
ASKED = "SELECT name, setting FROM pg_settings WHERE name = ANY($1)"


async def database_findings(settings: Settings) -> list[Finding]:
    """Ask the server of the base DSN."""
    try:
        server = await asyncpg.connect(settings.database, timeout=10)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return [Finding(name="database-unreachable", found=str(error) or type(error).__name__)]
    try:
        have = {row["name"]: row["setting"] for row in await server.fetch(ASKED, [*DURABLE, "data_checksums"])}
        standby = bool(await server.fetchval("SELECT pg_is_in_recovery()"))
    finally:
        await server.close()
    return [*server_findings(have, standby=standby)]


def server_findings(have: Mapping[str, str], *, standby: bool) -> Iterator[Finding]:
    """Return what is unsafe about a server with these settings."""
    for name in DURABLE:
        if have.get(name) == "off":
            yield Finding(name="not-durable", where=name, found=f"{name}=off")
    # "local" is durable here; anything but off waits for this server's own disk.
    if have.get("data_checksums") != "on":
        yield Finding(name="no-checksums", found=f"data_checksums={have.get('data_checksums')}")
    if standby:
        yield Finding(name="replica")
