"""Waiting with a stated bound, and taking a step again when a service was away: processes may be killed at any time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import TypeVar

import httpx
from confluent_kafka import KafkaException

from services.cli.client import CallRefused, NotReachable

Found = TypeVar("Found")
SERVER_FAILED, NO_ROOM = 500, 507


class NotInTime(Exception):
    """Something that should have happened did not, within the bound that is stated."""


class GivenUp(Exception):
    """The demo is stopping: nobody waits any longer."""


@dataclass(slots=True)
class Patience:
    """How long to wait for one thing, how often to look, and whom to tell."""

    say: Callable[..., None]
    seconds: float = 180.0
    every_s: float = 0.3
    given_up: Event = field(default_factory=Event)

    def wait_for(self, found: Callable[[], Found | None], what: str) -> Found:
        """Return what ``found`` finds; raises NotInTime when it hasn't in time."""
        until = time.monotonic() + self.seconds
        while time.monotonic() < until:
            if (result := found()) is not None:
                return result
            self._pause()
        raise NotInTime(f"waited {self.seconds:.0f} s for {what}")

    def try_again(self, step: Callable[[], Found]) -> Found:
        """Take a step, again and again while a service or the broker is away. The step looks first what is done."""
        until, told = time.monotonic() + self.seconds, set[str]()
        while True:
            try:
                return step()
            except (NotReachable, CallRefused, httpx.HTTPError, KafkaException, TimeoutError) as error:
                if not _passes(error) or time.monotonic() > until:
                    raise
                if (away := _away(error)) not in told:
                    self.say("waiting", what=away)
                    told.add(away)
            self._pause()

    def _pause(self) -> None:
        if self.given_up.wait(self.every_s):
            raise GivenUp


def _passes(error: Exception) -> bool:
    return not isinstance(error, CallRefused) or (error.status >= SERVER_FAILED and error.status != NO_ROOM)


def _away(error: Exception) -> str:
    # One line: the reason in brackets is for logs.
    return str(error).partition(" (")[0].partition("\n")[0][:60]
