"""What a caller without a token can bring an HTTP interface to do: nothing that costs memory or fills its metrics."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError

from services.runtime import database
from services.runtime.body_limit import BODY_BYTES_MAX
from services.runtime.http import new_app
from services.runtime.settings import Settings

router = APIRouter()


class Note(BaseModel):
    said: str


class Unstorable(Exception):
    sqlstate = "22021"


@router.post("/notes")
async def take(note: Note) -> int:
    return len(note.said)


@router.get("/secret")
async def secret() -> None:
    raise DBAPIError("SELECT name FROM people WHERE id = $1", {"id": "Wang"}, Unstorable("Wang"))


def ask(method: str, path: str, content: AsyncIterator[bytes] | bytes = b"") -> httpx.Response:
    app = new_app("retention", Settings(people=Path("none.yaml")), title="Test", routers=[router])

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, content=content, headers={"content-type": "application/json"})

    return asyncio.run(run())


class Endless:
    """A body that never ends, and how much of it was read."""

    chunks = 0

    async def read(self) -> AsyncIterator[bytes]:
        yield b'{"said": "'
        while True:
            self.chunks += 1
            yield b"x" * 65_536


def test_a_body_without_end_is_left_off_before_it_fills_the_memory() -> None:
    body = Endless()
    answer = ask("POST", "/notes", body.read())
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert body.chunks <= BODY_BYTES_MAX // 65_536 + 2


def test_a_body_as_large_as_allowed_is_read() -> None:
    said = b"x" * (BODY_BYTES_MAX - 20)
    assert ask("POST", "/notes", b'{"said": "%s"}' % said).json() == len(said)


def test_an_invented_method_adds_no_series_to_the_metrics() -> None:
    ask("BREW", "/notes")
    told = ask("GET", "/metrics").text
    assert "BREW" not in told
    assert 'method="other"' in told


def test_a_value_that_the_database_refuses_is_the_callers_fault_and_not_repeated_to_him() -> None:
    answer = ask("GET", "/secret")
    assert answer.status_code == 422
    assert "Wang" not in answer.text
    assert "SELECT" not in answer.text


def test_a_failing_statement_is_told_of_without_its_values(tmp_path: Path) -> None:
    engine: Any = database.engine(Settings(home=tmp_path), "retention")
    assert engine.sync_engine.hide_parameters
