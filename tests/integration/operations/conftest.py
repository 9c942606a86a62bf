"""A whole installation with a small real history, made once for this folder through the services' HTTP interfaces."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from services.cli.application import app
from services.cli.up.installation import Installation, _is_ready
from services.runtime import database
from services.runtime.settings import Settings
from tests.conftest import Addresses
from tests.fakes.installed import installed
from tests.integration.operations import history


@dataclass(frozen=True, slots=True)
class City:
    """An installation, its command line, and its settings."""

    installation: Installation
    settings: Settings

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run ``camledger`` in this process; return exit code and what it printed on stdout."""
        result = self._invoked(*arguments)
        return result.exit_code, result.stdout

    @staticmethod
    def _invoked(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments), catch_exceptions=False)

    def json(self, *arguments: str, code: int = 0) -> Any:  # noqa: ANN401 - whatever JSON allows
        """Run with ``--json``, check the exit code, return what it answered."""
        result = self._invoked(*arguments, "--json")
        assert result.exit_code == code, result.output  # why it failed stands on the other stream
        return json.loads(result.stdout)

    def until_ready(self, service: str) -> None:
        """Return when a service says that it is ready."""
        history.until(lambda: _is_ready(self.installation.urls[service]))


def execute(city: City, service: str, *statements: str) -> None:
    """Run SQL in a service's database."""

    async def run() -> None:
        engine = database.engine(city.settings, service, limits={})
        async with engine.begin() as tx:
            for statement in statements:
                await tx.execute(text(statement))
        await engine.dispose()

    asyncio.run(run())


def faults(lines: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """Return what fsck found, by service and table."""
    return {(line["service"], line["table"]): line["fault"] for line in lines if line["fault"]}


@pytest.fixture(scope="package")
def city(stack: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A running installation on the session's broker and database, under names of its own."""
    home = tmp_path_factory.mktemp("city")
    with installed(stack, home, CAMLEDGER_INGEST_ROOTS=f'["{home}"]') as installation:
        history.make(home)
        settings = Settings(service="test", kafka=stack.bootstrap_servers, database=stack.dsn, home=home)
        yield City(installation, settings)
