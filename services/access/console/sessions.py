"""Who is signed in: sessions on the server, bounded in number and time. The browser holds a random key, no token."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

SESSIONS_MAX: Final = 1_000
MINUTE_S: Final = 60.0


@dataclass(slots=True)
class Session:
    """One person's stay. ``form_token`` stands in each of its forms; nobody else's page knows it."""

    key: str
    account: str
    form_token: str
    began: float
    seen: float


class Sessions:
    """The sessions of one process. A restart signs everybody out."""

    def __init__(self, lasts_minutes: float, idle_minutes: float, clock: Callable[[], float] = monotonic) -> None:
        self._lasts, self._idle, self._clock = lasts_minutes * MINUTE_S, idle_minutes * MINUTE_S, clock
        self._open: OrderedDict[str, Session] = OrderedDict()

    def begin(self, account: str) -> Session:
        """Sign somebody in under a key that nobody had before; the oldest session goes when there are too many."""
        now = self._clock()
        while len(self._open) >= SESSIONS_MAX:
            self._open.popitem(last=False)
        session = Session(secrets.token_urlsafe(32), account, secrets.token_urlsafe(32), now, now)
        self._open[session.key] = session
        return session

    def find(self, key: str) -> Session | None:
        """Return the session of a key, seen just now; None if it ended or never was."""
        session, now = self._open.get(key), self._clock()
        if session is None:
            return None
        if now - session.began >= self._lasts or now - session.seen >= self._idle:
            self.end(key)
            return None
        session.seen = now
        return session

    def end(self, key: str) -> None:
        """Sign out; a key that is unknown is no error."""
        self._open.pop(key, None)


def same(given: str, expected: str) -> bool:
    """Compare two secrets in a time that tells nothing about them; an empty one is never right."""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())
