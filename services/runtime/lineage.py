"""Which database server answers. After a failover or a restore a process may remember more than the database knows.

Every connection asks for the server's lineage. A process that meets another one than at its start ends: when it starts
again it reads its own log before it decides anything, and so knows what the new server has forgotten (fault 13).
"""

from __future__ import annotations

from threading import Event
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import asyncpg

# A standby that is promoted, and a backup that is rolled forward, begin a new timeline; initdb makes a new identifier.
# The timeline is taken from where it is written to now: the control file learns of it only at the next checkpoint.
# A database that was dropped and made again from a dump has another number on the same server.
_LINEAGE: Final = """
select case when not pg_is_in_recovery() then
       (select system_identifier from pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
       || '/' || (select oid from pg_database where datname = current_database()) end
"""


class DatabaseReplaced(RuntimeError):
    """Another server or database than at this process's start: nothing may be decided before our own log is read."""


class DatabaseSilent(ConnectionError):
    """The server doesn't answer; the message says which, never its password."""


class OnStandby(DatabaseSilent):
    """The server is a standby that nobody has promoted: wait, as for a server that is away."""


class Lineage:
    """The server that one process has known, by address. Shared by all threads of the process."""

    def __init__(self) -> None:
        self.replaced = Event()
        self._known: dict[str, str] = {}

    async def meet(self, connection: asyncpg.Connection[asyncpg.Record], address: str) -> None:
        """Ask who answers. Raises DatabaseReplaced for another server, OnStandby for one to wait for."""
        found = await connection.fetchval(_LINEAGE)
        if found is None:
            raise OnStandby("the database is in recovery: it takes no writes until it is promoted")
        known = self._known.setdefault(address, found)
        if found != known:
            self.replaced.set()
            raise DatabaseReplaced(
                f"the database was {known} (server/timeline/database) when this process started and is {found} now; "
                "the process ends and reads its own log when it starts again"
            )


lineage: Final = Lineage()
"""Of this process."""


def server_of(address: str) -> str:
    """Return which server a DSN leads to, for a message: host, port and name, no account and no secret."""
    parts = urlsplit(address)
    if parts.scheme not in {"postgresql", "postgres"}:
        return "(no address)"  # whatever stands there may hold a secret
    asked = dict(parse_qsl(parts.query))
    host, port = asked.get("host", parts.netloc.rpartition("@")[2]), asked.get("port", "")
    return f"{host or 'localhost'}{f':{port}' if port else ''}{parts.path}"


async def connect(
    address: str, *, command_timeout_s: float, server_settings: dict[str, str]
) -> asyncpg.Connection[asyncpg.Record]:
    """Connect to a service's own database, and to no other server than the one this process knows.

    Raises DatabaseSilent for a server that doesn't answer, DatabaseReplaced for another one.
    """
    try:
        connection = await asyncpg.connect(
            address, timeout=10, command_timeout=command_timeout_s, server_settings=server_settings
        )
    except OSError as error:
        reason = error.strerror or str(error) or "no answer in time"
        raise DatabaseSilent(f"the database at {server_of(address)} does not answer: {reason}") from error
    try:
        await lineage.meet(connection, address)
    except BaseException:
        connection.terminate()
        raise
    return connection
