"""`serve` and `up` on real servers: what the doctor calls a danger keeps them from starting, and can be accepted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.kernel.topics import TOPICS
from services.runtime.settings import Settings
from services.runtime.topics_admin import ensure_topics
from tests.conftest import Addresses, Broker

ACCEPTED = "few-replicas weak-acknowledgement"


@pytest.fixture
def variables(kafka: Broker, stack: Addresses, tmp_path: Path) -> dict[str, str]:
    """The environment of a service on topics with a single replica, and a people file that nobody else can read."""
    settings = Settings(service="analytics", kafka=kafka.bootstrap_servers, topic_prefix=kafka.prefix)
    ensure_topics(settings)
    people = tmp_path / "people.yaml"
    people.touch(mode=0o600)
    people.write_text("people: []")
    own = {"KAFKA": kafka.bootstrap_servers, "TOPIC_PREFIX": kafka.prefix, "DATABASE": stack.dsn, "HOME": str(tmp_path)}
    own |= {"DATABASE_PREFIX": f"{kafka.prefix.rstrip('.')}_", "PEOPLE": str(people)}
    return os.environ | {f"CAMLEDGER_{name}": value for name, value in own.items()} | {"COLUMNS": "250"}


def started(variables: dict[str, str], *words: str, **more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "services.cli", *words]
    return subprocess.Popen(command, env=variables | more, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


def test_a_service_is_not_started_on_topics_that_one_disk_can_lose(variables: dict[str, str]) -> None:
    with started(variables, "serve", "analytics") as service:
        _, told = service.communicate(timeout=120)
    assert service.returncode == 1
    assert told.count("few-replicas") == len(TOPICS) - 3 + 1  # three dead letters are others'; once in the last line
    assert "One lost disk loses records of this topic." in told
    assert f"CAMLEDGER_ACCEPT_DANGER='{ACCEPTED}'" in told


def test_what_a_person_accepted_by_name_is_on_the_log_of_the_service_that_starts(variables: dict[str, str]) -> None:
    with started(variables, "serve", "analytics", "--role", "relay", CAMLEDGER_ACCEPT_DANGER=ACCEPTED) as service:
        assert service.stderr is not None
        # librdkafka writes a line of its own when it ends before its lines were fetched.
        lines = (line for line in iter(service.stderr.readline, "") if line.startswith("{"))
        logged = [json.loads(next(lines)) for _ in range(2)]
        service.send_signal(signal.SIGTERM)
        service.communicate(timeout=60)
    assert {line["event"] for line in logged} == {"start.danger_accepted"}
    assert {line["finding"] for line in logged} <= set(ACCEPTED.split())


def test_up_on_a_broker_of_ones_own_starts_nothing_that_one_disk_can_lose(
    variables: dict[str, str], kafka: Broker, stack: Addresses, tmp_path: Path
) -> None:
    own = ("--kafka", kafka.bootstrap_servers, "--database", stack.dsn, "--data", str(tmp_path / "home"))
    with started(variables, "up", *own) as up:
        _, told = up.communicate(timeout=180)
    assert up.returncode != 0
    assert "few-replicas" in told
    assert "nothing was started" in told
    assert not list((tmp_path / "home" / "logs").glob("ingest.log"))
