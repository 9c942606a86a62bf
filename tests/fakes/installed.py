"""A whole installation on the session's broker and database, under names of its own that go with it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from services.cli.up.installation import Installation
from services.cli.up.people import DEMO_PEOPLE, DemoPerson
from tests.conftest import Addresses, Broker, _drop_all, _remove_topics


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Set variables of this process and its children for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextmanager
def installed(
    stack: Addresses, home: Path, people: tuple[DemoPerson, ...] = DEMO_PEOPLE, /, **more: str
) -> Iterator[Installation]:
    """Run an installation in ``home``; ``more`` are further variables. Its topics and databases are removed after."""
    prefix = f"t{uuid4().hex[:12]}"
    names = {
        "CAMLEDGER_HOME": str(home),
        "CAMLEDGER_TOPIC_PREFIX": f"{prefix}.",
        "CAMLEDGER_DATABASE_PREFIX": f"{prefix}_",
    }
    with environment(names | more):
        try:
            with Installation(
                home, kafka=stack.bootstrap_servers, database=stack.dsn, say=print, people=people
            ) as installation:
                yield installation
        finally:
            # Playwright's own loop may be running in this thread.
            with ThreadPoolExecutor(1) as aside:
                aside.submit(lambda: asyncio.run(_drop_all(stack.dsn, prefix))).result()
            _remove_topics(Broker(bootstrap_servers=stack.bootstrap_servers, prefix=f"{prefix}."))
