"""What HTTP says while the database is away: its own words and a 503, never an error of ours without a reason."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, Request
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.runtime.http import new_app
from services.runtime.settings import Settings

router = APIRouter()
AWAY = Settings(people=Path("none.yaml"), database="postgresql://camledger:secret@127.0.0.1:9/postgres")


@router.get("/rows")
async def rows(request: Request) -> None:
    async with request.app.state.engine.connect() as tx:
        await tx.execute(text("SELECT 1"))


@router.get("/cut-off")
async def cut_off() -> None:
    raise DBAPIError("SELECT 1", {}, asyncpg.AdminShutdownError("the server was stopped"))


@router.get("/file")
def file() -> None:
    Path("/nowhere/bytes").read_bytes()


def ask(path: str) -> httpx.Response:
    app = new_app("retention", AWAY, title="Test", routers=[router])

    async def run() -> httpx.Response:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
        ):
            return await client.get(path)

    return asyncio.run(run())


@pytest.mark.parametrize("path", ["/rows", "/cut-off"])
def test_a_database_that_is_away_is_told_with_what_to_do(path: str) -> None:
    answer = ask(path)
    told = answer.json()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert (told["refusal"], "camledger doctor" in told["remedy"]) == ("DatabaseSilent", True)
    assert "secret" not in answer.text


def test_a_file_that_is_missing_is_not_told_as_the_database() -> None:
    with pytest.raises(FileNotFoundError):
        ask("/file")


def test_whoever_asks_for_readiness_leaves_a_figure_for_the_alert() -> None:
    assert ask("/health/ready").status_code == 503
    assert REGISTRY.get_sample_value("camledger_database_silent", {"service": "retention"}) == 1
