"""Which database server answers. After a failover or a restore a process may remember more than the database knows.

Every connection asks for the server's lineage. A process that meets another one than at its start ends: when it starts
again it reads its own log before it decides anything, and so knows what the new server has forgotten (fault 13).
"""

from __future__ import annotations

from threading import Event
from typing import Final

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


class OnStandby(ConnectionError):
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


async def connect(
    address: str, *, command_timeout_s: float, server_settings: dict[str, str]
) -> asyncpg.Connection[asyncpg.Record]:
    """Connect to a service's own database, and to no other server than the one this process knows."""
    connection = await asyncpg.connect(
        address, timeout=10, command_timeout=command_timeout_s, server_settings=server_settings
    )
    try:
        await lineage.meet(connection, address)
    except BaseException:
        connection.terminate()
        raise
    return connection
