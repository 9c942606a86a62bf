"""A data folder through its life: stopped, started again, killed, asked for twice, too deep for a socket."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from services.runtime.embedded import DataFolderInUse, Stack

DEEP = Path(*["資料夾 with spaces"] * 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stack in a process of its own."""

    process: subprocess.Popen[str]
    kafka: str
    database: str
    children: list[int]


def test_a_stop_and_a_kill_lose_nothing_and_leave_no_process(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        leave_traces(first)
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(60) == 0
        assert not any(psutil.pid_exists(pid) for pid in first.children)
    with running(tmp_path) as second:
        assert traces(second) == {"kept", 7}
        assert (second.kafka, second.database) == (first.kafka, first.database)
        second.process.kill()
        # Started at once: what the kill left behind may still be ending.
        with running(tmp_path) as third:
            assert traces(third) == {"kept", 7}
            assert not any(psutil.pid_exists(pid) for pid in second.children)


def test_the_second_on_one_data_folder_is_told_who_has_it(tmp_path: Path) -> None:
    with Stack(tmp_path) as stack:
        with pytest.raises(DataFolderInUse, match=f"is in use by process {os.getpid()}"):
            Stack(tmp_path).start()
        assert stack.ended() is None


def test_a_killed_broker_or_database_is_noticed_and_starts_again(tmp_path: Path) -> None:
    with Stack(tmp_path) as stack:
        for name, server in (("kafka", stack.kafka), ("postgres", stack.postgres)):
            server.kill()
            assert stack.ended() == name
            server.start()
            server.wait_ready()
            assert stack.ended() is None


def test_a_folder_too_deep_for_a_socket_works_and_admits_only_its_owner(tmp_path: Path) -> None:
    with Stack(tmp_path / DEEP) as stack:
        assert asyncio.run(fetch(stack.dsn, "SELECT 1")) == 1
        sockets = Path(stack.dsn.split("host=")[1].split("&")[0])
        assert sockets.stat().st_mode & 0o077 == 0


def test_a_port_taken_over_night_is_replaced_and_the_log_goes_on(tmp_path: Path) -> None:
    with Stack(tmp_path) as stack:
        create_topic(stack.bootstrap_servers, "kept")
    with occupying(stack.bootstrap_servers), Stack(tmp_path) as again:
        assert again.bootstrap_servers != stack.bootstrap_servers
        assert "kept" in AdminClient({"bootstrap.servers": again.bootstrap_servers}).list_topics(timeout=10).topics


@contextmanager
def running(folder: Path) -> Iterator[Run]:
    command = [sys.executable, "-m", "services.runtime.embedded", "--data", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            yield Run(
                process=process, kafka=said["kafka"], database=said["database"], children=[*said["pids"].values()]
            )
        finally:
            process.send_signal(signal.SIGTERM)


@contextmanager
def occupying(address: str) -> Iterator[None]:
    host, port = address.split(":")
    with socket.create_server((host, int(port))):
        yield


def leave_traces(run: Run) -> None:
    create_topic(run.kafka, "kept")
    asyncio.run(fetch(run.database, "CREATE TABLE kept AS SELECT 7 AS value"))


def traces(run: Run) -> set[object]:
    topics = AdminClient({"bootstrap.servers": run.kafka}).list_topics(timeout=10).topics
    return {*topics, asyncio.run(fetch(run.database, "SELECT value FROM kept"))} - {"__consumer_offsets"}


def create_topic(address: str, name: str) -> None:
    admin = AdminClient({"bootstrap.servers": address})
    admin.create_topics([NewTopic(name, 1, 1)])[name].result()


async def fetch(dsn: str, statement: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()
