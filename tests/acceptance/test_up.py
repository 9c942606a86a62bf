"""``camledger up``: one at a time on a folder, goes on where the last one ended, and leaves no process behind."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import psutil
import pytest

from services.cli.client import Client
from tests.acceptance.conftest import REPOSITORY
from tests.fakes.ledger_world import until

RUNS = "camledger runs"


class Up:
    """A running ``up``: its process, where its status page is, and every process below it."""

    def __init__(self, process: subprocess.Popen[str], page: str) -> None:
        self.process, self.page = process, page
        self.below = psutil.Process(process.pid).children(recursive=True)

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=90)
        return self.process.returncode


@contextmanager
def up(folder: Path) -> Iterator[Up]:
    with subprocess.Popen(command(folder), cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = next(line for line in process.stdout if RUNS in line)
            yield Up(process, said.split(": ")[1].split()[0])
        finally:
            process.terminate()


def command(folder: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "services.cli", "up", "--data", str(folder), *more]


def ended(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(folder, *more), cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=90
    )


def policies(folder: Path) -> list[object]:
    return list(Client("admin-root", folder).get("access", "/policies")["policies"])


def fetched(page: str, language: str) -> str:
    with urlopen(Request(page, headers={"Accept-Language": language}), timeout=30) as answer:
        return str(answer.read().decode())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up")


def test_up_runs_alone_shows_its_page_and_ends_with_every_child_at_ctrl_c(folder: Path) -> None:
    with up(folder) as running:
        second = ended(folder)
        assert second.returncode == 3
        assert f"in use by process {running.process.pid}" in " ".join(second.stderr.split())
        assert '<html lang="en' in fetched(running.page, "en")
        assert '<html lang="zh-Hant' in fetched(running.page, "zh-TW")
        (folder / "policies-before").write_text(json.dumps(policies(folder)))
        assert running.interrupt() == 0
    # The fork server ends by itself a moment after whom it served.
    until(lambda: not any(lives(process) for process in running.below), within_s=10)
    assert len(running.below) > 7


def test_a_second_up_goes_on_where_the_first_ended_and_adopts_nothing_again(folder: Path) -> None:
    before = (folder / "client.json").read_text()
    with up(folder) as running:
        assert policies(folder) == json.loads((folder / "policies-before").read_text())
        assert len(policies(folder)) == 4
        assert running.interrupt() == 0
    assert tokens(before) == tokens((folder / "client.json").read_text())


def test_a_port_that_somebody_else_has_is_named_at_once(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = ended(tmp_path, "--port", str(port))
    assert refused.returncode == 3
    assert f"ports {port} to {port + 3}" in refused.stderr
    assert "--port" in refused.stderr


def lives(process: psutil.Process) -> bool:
    # Whoever inherits an ended orphan may not have asked for its exit code yet.
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def tokens(client: str) -> str:
    return client.partition('"people"')[2]
