"""Access with its console open to demo people, on the session's real broker and database."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.conftest import Addresses
from tests.integration.access.conftest import City, build, tear_down
from tests.integration.access.console.browsing import Browser

OpenAs = Callable[..., Browser]


@pytest.fixture(scope="module")
def demo(stack: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A running access as ``camledger up`` starts it: demo people may sign in."""
    built = build(stack, tmp_path_factory.mktemp("console"))
    built.environment = {"CAMLEDGER_MEDIA_BULK_CLIPS": "2"}  # the third clip that one person opens is worth a look
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CAMLEDGER_CONSOLE_IDENTITY", "demo")
        try:
            built.start()
            built.settle()
            yield built
        finally:
            tear_down(built)


@pytest.fixture(scope="module")
def open_as(demo: City) -> Iterator[OpenAs]:
    """Return browsers, each signed in as somebody."""
    opened: list[Browser] = []

    def browser(account: str = "", language: str = "en") -> Browser:
        opened.append(Browser(demo.url, account, language))
        return opened[-1]

    yield browser
    for each in opened:
        each.client.close()
