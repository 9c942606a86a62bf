"""What an operator's command says of a broker or database that can't be asked, and how Ctrl-C ends it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
from confluent_kafka import KafkaError, KafkaException
from sqlalchemy.exc import DBAPIError

from services.cli.operations import fsck
from services.cli.operations.reached import Interrupted, run, silence
from services.runtime.consumer import Unanswered
from services.runtime.lineage import DatabaseSilent, connect, server_of
from services.runtime.settings import Settings
from tests.unit.cli.conftest import Run

AWAY = Settings(kafka="kafka-0:9093", database="postgresql://camledger:secret@127.0.0.1:9/postgres")
ALL_DOWN = KafkaException(KafkaError(KafkaError._ALL_BROKERS_DOWN))


def wrapped(error: type[asyncpg.PostgresError], message: str) -> DBAPIError:
    return DBAPIError("SELECT 1", {}, error(message))


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ALL_DOWN, ("broker kafka-0:9093", "CAMLEDGER_KAFKA", "broker-down.md")),
        (Unanswered("camledger.hold.events.v1: timed out"), ("broker kafka-0:9093", "hold.events", "broker-down.md")),
        (ConnectionRefusedError(111, "refused"), ("database 127.0.0.1:9", "CAMLEDGER_DATABASE", "database-restore.md")),
        (wrapped(asyncpg.InvalidCatalogNameError, "no such database"), ("no such database", "camledger migrate")),
        (wrapped(asyncpg.UndefinedTableError, "no such table"), ("no such table", "camledger migrate")),
        (wrapped(asyncpg.InvalidPasswordError, "wrong"), ("wrong", "CAMLEDGER_DATABASE")),
        (wrapped(asyncpg.CannotConnectNowError, "starting up"), ("starting up", "database-restore.md")),
        (asyncpg.InvalidAuthorizationSpecificationError("no role"), ("no role", "CAMLEDGER_DATABASE")),
        (asyncpg.InterfaceError("invalid DSN"), ("invalid DSN", "CAMLEDGER_DATABASE")),
    ],
)
def test_who_does_not_answer_is_named_with_the_remedy_and_without_a_secret(
    error: Exception, says: tuple[str, ...]
) -> None:
    told = silence(AWAY, error)
    assert [word for word in says if word not in told] == [], told
    assert "secret" not in told


def test_a_fault_of_ours_is_no_silence_of_others() -> None:
    faults = (ValueError("x"), FileNotFoundError(2, "no", "here"), wrapped(asyncpg.DivisionByZeroError, "x"))
    assert [silence(AWAY, fault) for fault in faults] == ["", "", ""]


def test_a_database_that_is_away_is_named_and_what_is_no_address_is_not_shown() -> None:
    with pytest.raises(DatabaseSilent, match=r"127\.0\.0\.1:9/postgres does not answer") as told:
        asyncio.run(connect(AWAY.database, command_timeout_s=1, server_settings={}))
    assert "secret" not in str(told.value)
    assert server_of("camledger:secret@postgres/db") == "(no address)"
    assert server_of("postgresql://postgres@/db?host=/run/pg&port=5432") == "/run/pg:5432/db"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_the_interrupted_work_stumbles_over_is_no_finding(number: signal.Signals) -> None:
    put_away: list[str] = []

    async def work() -> None:
        os.kill(os.getpid(), number)
        try:
            await asyncio.sleep(60)
        finally:
            put_away.append("shadow")
            raise RuntimeError("can't reconnect until the invalid transaction is rolled back")

    before = signal.getsignal(number)
    with pytest.raises(Interrupted):
        run(work())
    assert put_away == ["shadow"]
    assert signal.getsignal(number) is before


def test_an_interrupted_fsck_does_not_end_with_the_code_of_a_difference(
    camledger: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    @contextmanager
    def here(_data: Path | None) -> Iterator[Settings]:
        yield Settings(home=tmp_path)

    async def interrupted(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise RuntimeError("in the middle of a question") from None

    monkeypatch.setattr(fsck, "installed", here)
    monkeypatch.setattr(fsck, "compare", interrupted)
    ended = camledger("fsck", "--service", "ingest")
    assert (ended.code, "interrupted at ingest: nothing was changed" in ended.err) == (130, True), ended
