"""One service's Postgres in memory: READ COMMITTED, row and advisory locks, backups. It stores and locks, no more.

Rows are dicts that nobody changes in place: an update puts a new dict, so a backup is a copy of the dicts of keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.exc import DBAPIError

Row = dict[str, Any]
Key = tuple[Any, ...]
IDLE_IN_TRANSACTION_S = 5.0  # WORKER_LIMITS of the runtime
Changes = Mapping[str, Mapping[Key, Row | None]]


class MustWait(Exception):
    """Somebody else holds the lock; the statement is tried again once it is free."""

    def __init__(self, key: Key, *, shared: bool) -> None:
        super().__init__(key)
        self.key = key
        self.shared = shared


class Cut(OSError):
    """The connection is gone: killed session, restored database, crashed server."""


def lost() -> DBAPIError:
    """Return what SQLAlchemy raises when the connection under a statement is gone."""
    return DBAPIError(None, None, Cut("connection lost"), connection_invalidated=True)


@dataclass(frozen=True, slots=True)
class Backup:
    """All that stood in a database at one instant."""

    rows: dict[str, dict[Key, Row]]
    sequences: dict[str, int]


class Database:
    """Committed rows by table and primary key, the locks on them, and the sessions that are open."""

    def __init__(
        self, name: str, metadata: MetaData, clock: Callable[[], datetime], elapsed: Callable[[], float] = lambda: 0.0
    ) -> None:
        self.name = name
        self.clock = clock
        self.elapsed = elapsed  # seconds that nobody sets back, for the server's own limits
        self.metadata = metadata
        self.primary = {t.name: tuple(c.name for c in t.primary_key.columns) for t in metadata.sorted_tables}
        self.rows: dict[str, dict[Key, Row]] = {name: {} for name in self.primary}
        self.sequences: dict[str, int] = {}
        self.locks: dict[Key, dict[Session, bool]] = {}
        self.sessions: dict[Session, None] = {}
        self.on_commit: list[Callable[[Changes], None]] = []
        self.overrides: dict[str, Callable[[Session, Mapping[str, Any]], list[Row] | int]] = {}  # planted faults

    def backup(self) -> Backup:
        """Return a copy of what is committed."""
        return Backup({name: dict(rows) for name, rows in self.rows.items()}, dict(self.sequences))

    def restore(self, backup: Backup) -> None:
        """Put a backup in place of everything; every connection is lost."""
        for session in list(self.sessions):
            session.kill()
        self.rows = {name: dict(rows) for name, rows in backup.rows.items()}
        self.sequences = dict(backup.sequences)

    def next_id(self, sequence: str) -> int:
        """Return the next number; numbers of transactions that are rolled back are lost, as in Postgres."""
        self.sequences[sequence] = self.sequences.get(sequence, 0) + 1
        return self.sequences[sequence]

    def is_free(self, session: Session, key: Key, *, shared: bool) -> bool:
        """Tell whether a session could have a lock now."""
        holders = self.locks.get(key)
        if not holders:
            return True
        return all(other is session or (shared and also) for other, also in holders.items())

    def holders(self, session: Session, key: Key) -> list[Session]:
        """Return who else holds a lock."""
        return [other for other in self.locks.get(key, ()) if other is not session]


class Session:
    """One connection: its uncommitted rows over the committed ones, and the locks that it holds."""

    __slots__ = (
        "alive",
        "changes",
        "database",
        "idle_since",
        "in_transaction",
        "owner",
        "session_locks",
        "undo",
        "waits_for",
        "xact_locks",
    )

    def __init__(self, database: Database, owner: object = None) -> None:
        self.database = database
        self.owner = owner
        self.alive = True
        self.changes: dict[str, dict[Key, Row | None]] = {}
        self.undo: list[tuple[str, Key, Row | None, bool]] = []
        self.xact_locks: list[Key] = []
        self.session_locks: list[Key] = []
        self.waits_for: Key | None = None
        self.in_transaction = False
        self.idle_since = 0.0
        database.sessions[self] = None

    # Reading: each statement sees what is committed when it runs, and its own changes.
    def get(self, table: str, key: Key) -> Row | None:
        """Return one row."""
        own = self.changes.get(table)
        if own is not None and key in own:
            return own[key]
        return self.database.rows[table].get(key)

    def rows(self, table: str) -> Iterator[Row]:
        """Return all rows, in no order that anybody may rely on."""
        own = self.changes.get(table)
        if not own:
            return iter(self.database.rows[table].values())
        merged = self.database.rows[table] | own
        return (row for row in merged.values() if row is not None)

    def key_of(self, table: str, row: Mapping[str, Any]) -> Key:
        """Return the primary key of a row."""
        return tuple(row[name] for name in self.database.primary[table])

    # Writing: the row's lock first, which may mean to wait.
    def put(self, table: str, row: Row) -> None:
        """Insert or replace a row."""
        key = self.key_of(table, row)
        self.lock_row(table, key)
        self._set(table, key, row)

    def insert(self, table: str, row: Row) -> bool:
        """Insert a row unless its key is taken (``on conflict do nothing``); tell whether it was inserted."""
        key = self.key_of(table, row)
        if self.get(table, key) is not None and not self._leaving(table, key):
            return False
        self.lock_row(table, key)
        if self.get(table, key) is not None:
            return False
        self._set(table, key, row)
        return True

    def remove(self, table: str, key: Key) -> None:
        """Delete a row."""
        self.lock_row(table, key)
        self._set(table, key, None)

    def _leaving(self, table: str, key: Key) -> bool:
        """Tell whether another open transaction is deleting this row: an insert waits for its end."""
        others = self.database.holders(self, ("row", table, key))
        return any(key in other.changes.get(table, {}) and other.changes[table][key] is None for other in others)

    def _set(self, table: str, key: Key, row: Row | None) -> None:
        own = self.changes.setdefault(table, {})
        self.undo.append((table, key, own.get(key), key in own))
        own[key] = row

    # Locks: all of them until the transaction ends, except a session's advisory lock.
    def lock_row(self, table: str, key: Key) -> None:
        """Lock one row for update, whether it exists or not."""
        self.lock(("row", table, key))

    def lock(self, key: Key, *, shared: bool = False, session: bool = False) -> None:
        """Take a lock. Raises MustWait."""
        if not self.database.is_free(self, key, shared=shared):
            raise MustWait(key, shared=shared)
        holders = self.database.locks.setdefault(key, {})
        if self not in holders:
            holders[self] = shared
            (self.session_locks if session else self.xact_locks).append(key)
        elif holders[self] and not shared:
            holders[self] = False

    def is_locked_elsewhere(self, table: str, key: Key) -> bool:
        """Tell whether ``skip locked`` would skip a row."""
        return bool(self.database.holders(self, ("row", table, key)))

    # The end of a transaction.
    def stand_idle(self) -> None:
        """A statement has ended: the transaction is open, and waits for its client."""
        self.in_transaction, self.idle_since = True, self.database.elapsed()

    def end_if_idle(self) -> None:
        """End the session if its transaction has waited for its client for too long."""
        if self.in_transaction and self.database.elapsed() - self.idle_since > IDLE_IN_TRANSACTION_S:
            self.kill()

    def commit(self) -> None:
        """Make the changes everybody's and let go of the locks."""
        changes, self.changes = self.changes, {}
        for table, rows in changes.items():
            committed = self.database.rows[table]
            for key, row in rows.items():
                if row is None:
                    committed.pop(key, None)
                else:
                    committed[key] = row
        self._end()
        if changes:
            for listener in self.database.on_commit:
                listener(changes)

    def undo_to(self, mark: int) -> None:
        """Undo every change since there were ``mark``. Locks stay."""
        while len(self.undo) > mark:
            table, key, before, had = self.undo.pop()
            if had:
                self.changes[table][key] = before
            else:
                del self.changes[table][key]

    def rollback(self) -> None:
        """End the transaction with nothing changed."""
        self.changes = {}
        self._end()

    def kill(self) -> None:
        """End the session from the server's side: it is rolled back and every lock of it falls."""
        if self.alive:
            self.rollback()
            self.alive = False
            self.database.sessions.pop(self, None)
            for key in self.session_locks:
                self._let_go(key)

    def _end(self) -> None:
        self.undo = []
        self.waits_for = None
        self.in_transaction = False
        for key in self.xact_locks:
            self._let_go(key)
        self.xact_locks = []

    def _let_go(self, key: Key) -> None:
        holders = self.database.locks[key]
        holders.pop(self, None)
        if not holders:
            del self.database.locks[key]
