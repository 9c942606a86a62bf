"""Ends a service that answers while a part of it stands still, as the liveness probe of a cluster does."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.error import HTTPError
from urllib.request import urlopen

from services.cli.up.children import Child
from services.runtime import beats

ANSWER_SECONDS = 2.0
LOOK_SECONDS = 10.0


@dataclass(slots=True)
class Lookout:
    """Looks at every service each ten seconds; who has told twice in a row that it stands still is ended."""

    say: Callable[[str], None]
    every_seconds: float = LOOK_SECONDS
    _before: set[str] = field(default_factory=set)  # once alone may be a machine that has just been woken
    _looked_at: float = 0.0

    def look(self, children: Sequence[Child], urls: Mapping[str, str]) -> None:
        """Look, if it is time to; ``Child.tend`` starts again what is ended here."""
        if time.monotonic() - self._looked_at < self.every_seconds:
            return
        found = {child.name: still(urls[child.name]) for child in children if child.name in urls}
        twice = {name for name, parts in found.items() if parts and name in self._before}
        for child in children:
            if child.name in twice:
                self.say(f"{child.name} stands still ({', '.join(found[child.name])}): it is ended (log: {child.log})")
                child.end()
        self._before = {name for name, parts in found.items() if parts} - twice
        self._looked_at = time.monotonic()


def still(url: str) -> list[str]:
    """Return the parts that a service says to stand still; whoever doesn't answer says nothing."""
    try:
        with urlopen(f"{url}/health/live", timeout=ANSWER_SECONDS):  # noqa: S310 - our own loopback URL
            return []
    except HTTPError as error:
        with suppress(beats.NotTheService):
            return beats.still(error.code, error.read())
    except OSError:
        pass
    return []
