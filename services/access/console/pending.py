"""Sign-ins that have begun and not come back: each belongs to one browser, and is worth one return."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # what speaks to a provider is loaded only where there is one
    from services.runtime.oidc.exchange import Asked

PENDING_MAX: Final = 5_000
LASTS_S: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """One sign-in on its way."""

    asked: Asked
    to: str
    since: datetime | None = None  # a fresh one: later than this,
    person_id: str = ""  # by the same person,
    session_key: str = ""  # whose session it carries on
    began: float = 0.0


class PendingSignIns:
    """Those of one process; the oldest go when there are too many."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._waiting: OrderedDict[str, Pending] = OrderedDict()

    def keep(self, pending: Pending) -> str:
        """Return the secret by which a browser shows that it began this one."""
        while len(self._waiting) >= PENDING_MAX:
            self._waiting.popitem(last=False)
        key = secrets.token_urlsafe(32)
        self._waiting[key] = replace(pending, began=self._clock())
        return key

    def take(self, key: str) -> Pending | None:
        """Return a sign-in and forget it; None for one that is too old or was taken before."""
        found = self._waiting.pop(key, None)
        return found if found is not None and self._clock() - found.began < LASTS_S else None
