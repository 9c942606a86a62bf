"""Who is signed in: sessions on the server, bounded in number and time. The browser holds a random key, no token."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from services.runtime.identity import Person

if TYPE_CHECKING:  # what speaks to a provider is loaded only where there is one
    from services.runtime.oidc.door import SignedIn

SESSIONS_MAX: Final = 1_000
PER_PERSON: Final = 5
MINUTE_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A form that waits for its person to sign in afresh; it is sent again only by his own hand."""

    action: str
    fields: Mapping[str, Sequence[str]]


@dataclass(slots=True)
class Session:
    """One person's stay. ``form_token`` stands in each of its forms; nobody else's page knows it."""

    key: str
    account: str
    form_token: str
    began: float
    seen: float
    came: SignedIn | None = None  # by an identity provider; None for demo people
    unfinished: Unfinished | None = None

    @property
    def person(self) -> Person | None:
        """Return whom the provider signed in."""
        return self.came.person if self.came is not None else None


class Sessions:
    """The sessions of one process. A restart signs everybody out."""

    def __init__(
        self,
        lasts_minutes: float,
        idle_minutes: float,
        clock: Callable[[], float] = monotonic,
        *,
        per_person: int = PER_PERSON,
    ) -> None:
        self._lasts, self._idle, self._clock = lasts_minutes * MINUTE_S, idle_minutes * MINUTE_S, clock
        self._per_person = per_person
        self._open: OrderedDict[str, Session] = OrderedDict()

    def begin(self, account: str, came: SignedIn | None = None) -> Session:
        """Sign somebody in under a key that nobody had before; the oldest session goes when there are too many."""
        now = self._clock()
        session = Session(secrets.token_urlsafe(32), account, secrets.token_urlsafe(32), now, now, came)
        own = self._of(session)
        for one_too_many in own[: max(0, len(own) + 1 - self._per_person)]:
            self.end(one_too_many)
        while len(self._open) >= SESSIONS_MAX:
            self._open.popitem(last=False)
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

    def end_of(self, subject: str, provider_session: str) -> int:
        """Sign out what the provider names: one of its sessions, else all of a subject. Return how many there were."""
        ended = [key for key, each in self._open.items() if _is_meant(each.came, subject, provider_session)]
        for key in ended:
            self.end(key)
        return len(ended)

    def _of(self, session: Session) -> list[str]:
        who = _who(session)
        return [key for key, each in self._open.items() if _who(each) == who]


def _who(session: Session) -> tuple[str, str]:
    # Two accounts of one person are one person: his second one brings no more sessions.
    return ("person", session.person.person_id) if session.person is not None else ("account", session.account)


def _is_meant(came: SignedIn | None, subject: str, provider_session: str) -> bool:
    if came is None or (subject and came.subject != subject):
        return False
    return not provider_session or came.provider_session == provider_session


def same(given: str, expected: str) -> bool:
    """Compare two secrets in a time that tells nothing about them; an empty one is never right."""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())
