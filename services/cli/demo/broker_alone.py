"""The broker of a stopped installation, alone: what a check of its log needs, in a few seconds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.cli.up.home import Home
from services.runtime.embedded.kafka import KafkaBroker
from services.runtime.embedded.locks import DataFolderLock


@contextmanager
def broker_of(folder: Path) -> Iterator[str]:
    """Yield the bootstrap servers. Raises DataFolderInUse while the installation runs, or CannotStart."""
    stack = Home(folder).stack
    lock = DataFolderLock(stack, stack / "run" / "lock")
    lock.acquire()
    broker = KafkaBroker(stack / "kafka", stack / "run")
    try:
        broker.start()
        broker.wait_ready()
        yield broker.bootstrap_servers
    finally:
        broker.stop()
        lock.release()
