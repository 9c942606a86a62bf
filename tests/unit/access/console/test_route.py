"""A page that fails says so in words, whatever failed; the cause goes to the log, not to the browser."""

from __future__ import annotations

import asyncio

import httpx
from fastapi import APIRouter, FastAPI

from services.access.console.route import PageRoute

ROUTER = APIRouter(prefix="/console", route_class=PageRoute)


@ROUTER.get("/broken")
async def broken() -> None:
    raise RuntimeError("secret cause")


async def asked(path: str) -> httpx.Response:
    app = FastAPI()
    app.include_router(ROUTER)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://here") as client:
        return await client.get(path, headers={"accept-language": "zh-Hant"})


def test_a_page_that_fails_is_told_as_a_page_without_its_cause() -> None:
    answer = asyncio.run(asked("/console/broken"))
    assert answer.status_code == 500
    assert "頁面發生錯誤" in answer.text
    assert "secret cause" not in answer.text
