"""A whole installation with a small real history, made once a module through the services' own HTTP interfaces."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from services.cli.application import app
from services.cli.demo.plan import load
from services.cli.demo.recorders import write_old
from services.cli.demo.story import Story
from services.cli.up.installation import Installation
from services.cli.up.policies import adopt_shipped
from services.runtime.settings import Settings
from tests.conftest import Addresses, Broker, _drop_all, _remove_topics


@dataclass(frozen=True, slots=True)
class City:
    """An installation, its command line, and its settings."""

    installation: Installation
    settings: Settings

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run ``camledger`` in this process; return exit code and what it printed on stdout."""
        result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
        return result.exit_code, result.stdout

    def json(self, *arguments: str, code: int = 0) -> Any:  # noqa: ANN401 - whatever JSON allows
        """Run with ``--json``, check the exit code, return what it answered."""
        found, printed = self.run(*arguments, "--json")
        assert found == code, printed
        return json.loads(printed)


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Set variables of this process and its children for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def small_history(installation: Installation) -> None:
    """Take in footage that is due and footage that is to be kept; hold, view nothing, refuse, destroy."""
    home = installation.home.root
    adopt_shipped(installation, print)
    plan = load(home)
    story = Story(home, plan, print)
    story.register_cameras()
    preservation = story.ask_for_preservation()
    held, due = plan.old[0], plan.old[1]
    for footage in (held, due):
        story.take_over(footage, write_old(footage, home / "old-recorder"))
    story.sign(preservation, "agency-novak")
    story.effective_hold(preservation)
    story.ask_what_is_forbidden()
    story.wait_destroyed([due])


@pytest.fixture(scope="module")
def city(stack: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A running installation on the session's broker and database, under names of its own."""
    home, prefix = tmp_path_factory.mktemp("city"), f"t{uuid4().hex[:12]}"
    names = {
        "CAMLEDGER_HOME": str(home),
        "CAMLEDGER_TOPIC_PREFIX": f"{prefix}.",
        "CAMLEDGER_DATABASE_PREFIX": f"{prefix}_",
        "CAMLEDGER_INGEST_ROOTS": f'["{home}"]',
    }
    with environment(names):
        try:
            with Installation(home, kafka=stack.bootstrap_servers, database=stack.dsn, say=print) as installation:
                small_history(installation)
                settings = Settings(service="test", kafka=stack.bootstrap_servers, database=stack.dsn, home=home)
                yield City(installation, settings)
        finally:
            asyncio.run(_drop_all(stack.dsn, prefix))
            _remove_topics(Broker(bootstrap_servers=stack.bootstrap_servers, prefix=f"{prefix}."))
