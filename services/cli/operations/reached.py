"""Commands that ask broker and database: what doesn't answer is named with its remedy, and Ctrl-C ends in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from logging import NullHandler, getLogger
from typing import Any, Final, TypeVar

from services.cli.terminal import NOT_REACHABLE, fail
from services.runtime.settings import Settings

T = TypeVar("T")
STOPPING: Final = (signal.SIGINT, signal.SIGTERM)
# Connections that are closed in the middle of a question are told of by these, at length.
TALKING: Final = ("sqlalchemy", "asyncio")

BROKER: Final = "check CAMLEDGER_KAFKA and CAMLEDGER_KAFKA_SECURITY (docs/runbooks/broker-down.md)"
SERVER: Final = "check CAMLEDGER_DATABASE (docs/runbooks/database-restore.md)"
MIGRATE: Final = "`camledger migrate` makes it what this version knows (docs/runbooks/database-restore.md)"
# SQLSTATE, by its beginning, of what a server says that answers and can't be worked with.
UNFIT: Final = {
    "3D000": MIGRATE,  # no such database
    "42P01": MIGRATE,  # no such table
    "42703": MIGRATE,  # no such column
    "28": SERVER,  # role or password
    "08": SERVER,  # connection lost
    "57P": SERVER,  # starting or stopping
    "53300": SERVER,  # too many connections
}


class Interrupted(Exception):
    """Somebody asked for an end, and the work has put away what it had begun."""


@contextmanager
def reaching(settings: Settings, about: str = "") -> Iterator[None]:
    """Tell what doesn't answer, with value and remedy, and end with NOT_REACHABLE. ``about`` begins the sentence."""
    from services.runtime.consumer import LIBRARY

    # The library tells on stderr, in its own form, what the last line says in ours.
    LIBRARY.addHandler(NullHandler())
    try:
        yield
    except Exception as error:
        if not (told := silence(settings, error)):
            raise
        fail(NOT_REACHABLE, f"{about}: {told}" if about else told)


def silence(settings: Settings, error: Exception) -> str:
    """Return how a person is told that broker or database can't be asked; empty for any other error."""
    return _of_the_broker(settings, error) or _of_the_database(settings, error)


def _of_the_broker(settings: Settings, error: Exception) -> str:
    from confluent_kafka import KafkaException

    from services.runtime.consumer import Unanswered
    from services.runtime.kafka_read import ReadStalled, TopicMissing

    if isinstance(error, TopicMissing):
        return str(error)
    if isinstance(error, KafkaException):
        return f"broker {settings.kafka}: {error.args[0].str()}. Remedy: {BROKER}"
    if isinstance(error, Unanswered | ReadStalled):
        return f"broker {settings.kafka}: {error}. Remedy: {BROKER}"
    return ""


def _of_the_database(settings: Settings, error: Exception) -> str:
    import asyncpg
    from sqlalchemy.exc import DBAPIError

    from services.runtime.database import sqlstate
    from services.runtime.lineage import DatabaseSilent, server_of

    if isinstance(error, DatabaseSilent):
        return f"{error}. Remedy: {SERVER}"
    if isinstance(error, OSError) and error.filename is None:
        return f"database {server_of(settings.database)}: {error}. Remedy: {SERVER}"
    if not isinstance(error, DBAPIError | asyncpg.PostgresError | asyncpg.InterfaceError):
        return ""
    state = sqlstate(error)
    remedy = next((remedy for begins, remedy in UNFIT.items() if state.startswith(begins)), "")
    # What the driver itself refuses, an address that is none for example, has no state.
    remedy = remedy or (SERVER if not state else "")
    return f"database {server_of(settings.database)}: {_first_line(error)}. Remedy: {remedy}" if remedy else ""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end. Raises Interrupted after Ctrl-C or SIGTERM, whatever the work then says; twice is at once."""

    async def stoppable() -> T:
        task, loop, asked = asyncio.ensure_future(work), asyncio.get_running_loop(), False

        def ask(_number: int, _frame: object) -> None:
            nonlocal asked
            if asked:
                raise KeyboardInterrupt
            asked = True
            for name in TALKING:
                getLogger(name).addHandler(NullHandler())
            loop.call_soon_threadsafe(task.cancel)

        before = {number: signal.signal(number, ask) for number in STOPPING}
        try:
            return await task
        except BaseException as error:
            if asked:
                raise Interrupted from error
            raise
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    return asyncio.run(stoppable())


def _first_line(error: Exception) -> str:
    said = str(getattr(error, "orig", None) or error)
    return said.partition("\n")[0].rpartition(">: ")[2].strip(" .")
