"""A fresh Apicurio Registry as a child process, by its Confluent-compatible API; from the cache (``make registry``)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from scripts.fetch_registry import registry_folder
from services.runtime.embedded.java import find_java
from tests.fakes.ledger_world import free_port, until

SMALL = ("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
MISSING = "no Apicurio in the cache: `make registry`"


def is_cached() -> bool:
    return registry_folder().exists()


@contextmanager
def apicurio(log: Path) -> Iterator[str]:
    """Yield its address."""
    port = free_port()
    own = {"QUARKUS_HTTP_PORT": port, "QUARKUS_HTTP_HOST": "127.0.0.1"}
    # Its management interface has a fixed port otherwise, and two of them can't run at once.
    own |= {"QUARKUS_MANAGEMENT_PORT": free_port(), "QUARKUS_MANAGEMENT_HOST": "127.0.0.1"}
    environment = os.environ | {name: str(value) for name, value in own.items()}
    command = [str(find_java(21)), *SMALL, "-jar", str(registry_folder() / "quarkus-run.jar")]
    with log.open("wb") as out:
        server = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    url = f"http://127.0.0.1:{port}/apis/ccompat/v7"
    try:
        until(lambda: server.poll() is not None or _answers(url), within_s=240)
        assert server.poll() is None, log.read_text()[-2000:]
        yield url
    finally:
        server.terminate()
        server.wait(60)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/subjects", timeout=5).is_success
    except httpx.TransportError:
        return False
