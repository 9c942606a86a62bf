"""Refusals of bytes on the log (I9), bounded: who hammers at a viewing is told each time and recorded once a minute."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

EVERY_S: Final = 60.0
KNOWN_MAX: Final = 2_000
A_MINUTE_MAX: Final = 120
Key = tuple[str, str, str]


@dataclass(slots=True)
class Bounded:
    """What was refused lately. Not each refusal becomes an event, but each kind by a person at a viewing does."""

    clock: Callable[[], float] = monotonic
    _told: OrderedDict[Key, tuple[float, int]] = field(default_factory=OrderedDict)
    _minute: tuple[float, int] = (0.0, 0)

    def worth_telling(self, person: str, viewing: str, word: str) -> int | None:
        """Return how many like it were left out since the last event; None where this one is left out, too."""
        key, now = (person, viewing, word), self.clock()
        since, left_out = self._told.get(key, (now - EVERY_S, 0))
        if now - since < EVERY_S or not self._room(now):
            self._keep(key, since, left_out + 1)
            return None
        self._keep(key, now, 0)
        return left_out

    def _room(self, now: float) -> bool:
        began, number = self._minute
        if now - began >= EVERY_S:
            began, number = now, 0
        self._minute = (began, number + 1)
        return number < A_MINUTE_MAX

    def _keep(self, key: Key, at: float, left_out: int) -> None:
        self._told[key] = (at, left_out)
        self._told.move_to_end(key)
        while len(self._told) > KNOWN_MAX:
            self._told.popitem(last=False)
