"""Access with a live project, its streaming server and a proxy that it trusts: one for all modules here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Addresses
from tests.fakes.streaming import Streaming, streaming
from tests.integration.access.conftest import build, tear_down
from tests.integration.access.live.watching import CAMERAS, LiveCity


@pytest.fixture(scope="package")
def upstream() -> Iterator[Streaming]:
    with streaming() as server:
        server.show(*CAMERAS)
        yield server


@pytest.fixture(scope="package")
def live(stack: Addresses, upstream: Streaming, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCity]:
    """A running access whose cameras have live pictures, and a project about two of them."""
    home = tmp_path_factory.mktemp("live")
    (home / "tmp").mkdir()
    city = build(stack, home)
    city.environment = {
        "CAMLEDGER_CONSOLE_IDENTITY": "demo",
        "CAMLEDGER_LIVE_UPSTREAM": f"{upstream.url}/{{camera}}/index.m3u8",
        "CAMLEDGER_TRUSTED_PROXIES": "127.0.0.0/8",
        "CAMLEDGER_LIVE_SEGMENT_BYTES_MAX": "1000000",
        "TMPDIR": str(home / "tmp"),
    }
    running = LiveCity(city, upstream)
    try:
        city.start()
        running.settle()
        yield running
    finally:
        tear_down(city)


@pytest.fixture(autouse=True)
def healthy(upstream: Streaming) -> Iterator[None]:
    """Every test finds a streaming server that behaves."""
    yield
    upstream.dead, upstream.leads_to, upstream.folder = False, "", None
    upstream.says.clear()
    upstream.show(*CAMERAS)
