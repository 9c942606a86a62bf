"""What the services see of the database in memory: engine, connection and result as SQLAlchemy's async ones.

Each statement, each commit and each reply is a point at which the scheduler may let somebody else go on, or never come
back. A statement is understood in one of two ways: built ones by ``statements``, texts by their twin in ``twins``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from sqlalchemy import TextClause
from sqlalchemy.exc import DBAPIError

from tests.fakes.memory import statements
from tests.fakes.memory.database import Database, Key, MustWait, Row, Session, lost
from tests.fakes.memory.twin import TWINS, NoTwin


class Turn:
    """One await: the scheduler decides when, and whether, it returns."""

    __slots__ = ("session", "shared", "until", "waits_for", "what")

    def __init__(self, what: str) -> None:
        self.what = what
        self.until: float = 0.0
        self.session: Session | None = None
        self.waits_for: Key | None = None
        self.shared = False

    @classmethod
    def inside(cls, session: Session, what: str) -> Turn:
        """Return a turn of a statement or of a commit: nobody waits for anything."""
        turn = cls(what)
        turn.session = session
        return turn

    @classmethod
    def lock(cls, session: Session, wait: MustWait) -> Turn:
        """Return only once a lock can be had."""
        turn = cls("wait")
        turn.session, turn.waits_for, turn.shared = session, wait.key, wait.shared
        return turn

    @classmethod
    def sleep(cls, until: float) -> Turn:
        """Return only at an instant, in seconds of the world's clock."""
        turn = cls("sleep")
        turn.until = until
        return turn

    def is_over(self, now: float) -> bool:
        """Tell whether what it waits for has come."""
        if self.session is not None and self.waits_for is not None and self.session.alive:
            return self.session.database.is_free(self.session, self.waits_for, shared=self.shared)
        return now >= self.until

    def __await__(self) -> Generator[Turn, None, None]:
        yield self


class Deadlock(Exception):
    """Two transactions wait for each other; Postgres would end this one."""

    sqlstate = "40P01"


class Record:
    """One row of a result: by name, by position, or unpacked."""

    __slots__ = ("_row",)

    def __init__(self, row: Row) -> None:
        self._row = row

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a column
        try:
            return self._row[name]
        except KeyError:
            raise AttributeError(name) from None

    def __getitem__(self, at: int | str) -> Any:  # noqa: ANN401 - a column
        return self._row[at] if isinstance(at, str) else list(self._row.values())[at]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._row.values())

    def _asdict(self) -> Row:
        return dict(self._row)


class Result:
    """What a statement returned."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: list[Row], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Record]:
        return map(Record, self._rows)

    def all(self) -> list[Any]:
        return [Record(row) for row in self._rows]

    def first(self) -> Any:  # noqa: ANN401 - a row
        return Record(self._rows[0]) if self._rows else None

    def one_or_none(self) -> Any:  # noqa: ANN401 - a row
        assert len(self._rows) <= 1, self._rows
        return self.first()

    def scalar(self) -> Any:  # noqa: ANN401 - a value
        return next(iter(self._rows[0].values())) if self._rows else None

    def scalar_one(self) -> Any:  # noqa: ANN401 - a value
        assert len(self._rows) == 1, self._rows
        return self.scalar()

    def scalars(self) -> list[Any]:
        return [next(iter(row.values())) for row in self._rows]

    def mappings(self) -> Mappings:
        return Mappings(self._rows)


class Mappings:
    """A result's rows as mappings."""

    __slots__ = ("_rows",)

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def all(self) -> list[Row]:
        return self._rows

    def first(self) -> Row | None:
        return self._rows[0] if self._rows else None

    def one_or_none(self) -> Row | None:
        assert len(self._rows) <= 1, self._rows
        return self.first()


class Streamed:
    """A result that is read in pages; here there is one."""

    __slots__ = ("_rows",)

    def __init__(self, result: Result) -> None:
        self._rows = result.all()

    async def partitions(self) -> AsyncIterator[list[Any]]:
        """Yield the pages."""
        if self._rows:
            yield self._rows


Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Connection:
    """A connection, and the transaction on it."""

    def __init__(self, database: Database, owner: object = None) -> None:
        self.session = Session(database, owner)

    @property
    def invalidated(self) -> bool:
        return not self.session.alive

    async def execute(self, statement: Any, parameters: Parameters | None = None) -> Result:  # noqa: ANN401
        """Run one statement, after as long a wait as the scheduler and the locks want."""
        session = self.session
        self.check()  # A process that dies has lost its connections: what it still tries in a finally fails at once.
        await Turn.inside(session, "statement")
        while True:
            self.check()
            mark = len(session.undo)
            try:
                found = run(session, statement, parameters)
            except MustWait as wait:
                session.undo_to(mark)
                await self._wait(wait)
            else:
                session.stand_idle()
                return found

    async def stream(self, statement: Any, parameters: Parameters | None = None) -> Streamed:  # noqa: ANN401
        """Return a result that is read row by row; all of it is here at once."""
        return Streamed(await self.execute(statement, parameters))

    async def scalar(self, statement: Any, parameters: Parameters | None = None) -> Any:  # noqa: ANN401
        """Return the first column of the first row."""
        return (await self.execute(statement, parameters)).scalar()

    async def scalars(self, statement: Any, parameters: Parameters | None = None) -> list[Any]:  # noqa: ANN401
        """Return the first column of every row."""
        return (await self.execute(statement, parameters)).scalars()

    async def execution_options(self, **_: object) -> Connection:
        """Take options; all of them are about isolation, which is always READ COMMITTED here."""
        return self

    async def commit(self) -> None:
        """Commit. The reply may be lost afterwards: then nobody here knows whether it happened."""
        self.check()
        await Turn.inside(self.session, "commit")
        self.check()
        self.session.commit()
        await Turn("committed")
        self.check()

    async def rollback(self) -> None:
        """Undo everything."""
        self.session.rollback()

    async def invalidate(self) -> None:
        """Throw the connection away."""
        self.session.kill()

    async def close(self) -> None:
        """Give the connection back."""
        self.session.kill()

    def begin_nested(self) -> Savepoint:
        """Open a savepoint."""
        return Savepoint(self.session)

    def check(self) -> None:
        """Raise what a lost connection raises. The server ends a transaction that stood idle for too long."""
        self.session.end_if_idle()
        if not self.session.alive:
            raise lost()

    async def _wait(self, wait: MustWait) -> None:
        session = self.session
        session.waits_for = wait.key
        if is_deadlock(session):
            session.kill()
            raise DBAPIError(None, None, Deadlock(f"deadlock on {wait.key}"), connection_invalidated=False)
        await Turn.lock(session, wait)
        session.waits_for = None
        session.stand_idle()


def is_deadlock(session: Session) -> bool:
    """Tell whether following the waits leads back to this session."""
    seen: set[Session] = set()
    ahead = [session]
    while ahead:
        one = ahead.pop()
        if one.waits_for is None:
            continue
        for holder in one.database.holders(one, one.waits_for):
            if holder is session:
                return True
            if holder not in seen:
                seen.add(holder)
                ahead.append(holder)
    return False


def run(session: Session, statement: Any, parameters: Parameters | None) -> Result:  # noqa: ANN401
    """Run one statement to its end. Raises MustWait, with nothing undone yet."""
    if not isinstance(statement, TextClause):
        return Result(*statements.run(session, statement, parameters))
    twin = session.database.overrides.get(statement.text) or TWINS.get(statement.text)
    if twin is None:
        raise NoTwin(statement.text)
    if isinstance(parameters, Sequence):
        return Result([], sum(counted(twin(session, one)) for one in parameters))
    found = twin(session, parameters or {})
    return Result([], found) if isinstance(found, int) else Result(found, len(found))


def counted(found: list[Row] | int) -> int:
    """Return how many rows a twin touched or returned."""
    return found if isinstance(found, int) else len(found)


class Savepoint:
    """Rolls back to where it began if its block raises."""

    __slots__ = ("_mark", "_session")

    def __init__(self, session: Session) -> None:
        self._session = session
        self._mark = 0

    async def __aenter__(self) -> Self:
        self._mark = len(self._session.undo)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and self._session.alive:
            self._session.undo_to(self._mark)


class Transaction:
    """``engine.begin()``: commits at the end of its block, rolls back if the block raises or its process dies."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def __aenter__(self) -> Connection:
        return self._connection

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                await self._connection.commit()
        finally:
            self._connection.session.kill()


class Connecting:
    """``engine.connect()``: rolls back at the end of its block unless it committed."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __await__(self) -> Generator[Turn, None, Connection]:
        return self.__aenter__().__await__()

    async def __aenter__(self) -> Connection:
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.session.kill()


class Engine:
    """An engine on one database; ``owner`` is the process whose death ends its connections."""

    def __init__(self, database: Database, owner: object = None) -> None:
        self.database = database
        self.owner = owner

    def begin(self) -> Transaction:
        return Transaction(Connection(self.database, self.owner))

    def connect(self) -> Connecting:
        return Connecting(Connection(self.database, self.owner))

    async def dispose(self) -> None:
        """Close nothing: connections are not pooled."""
