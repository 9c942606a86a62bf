"""How much one person or one address may ask for: token buckets, bounded in number; who has too little waits.

Services are not limited: they hold tokens of this installation, and custody must never wait for a browser.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from threading import Lock
from time import monotonic
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime import telemetry
from services.runtime.addresses import Proxies
from services.runtime.identity import People
from services.runtime.refusal import Refusal
from services.runtime.settings import Settings

# A burst is what a rate gives in this time: pages come with their pictures, programs in pages.
BURST_S: Final = 10.0
KEYS_MAX: Final = 10_000
# Tokens that nobody knows, from one address: a wrong one now and then, not a search.
WRONG_PER_S: Final = 1.0
WRONG_BURST: Final = 100.0
UNLIMITED: Final = ("/health/", "/metrics")
PROBLEM: Final = "application/problem+json"
UNKNOWN: Final = 401
TOO_OLD: Final = b"insufficient_user_authentication"


class TooMany(Refusal):
    """Asked more often than anybody may."""

    def __init__(self, whose: str, wait_s: float) -> None:
        seconds = max(1, ceil(wait_s))
        super().__init__(
            "TooManyRequests",
            status=429,
            title="Too many requests",
            detail=f"More is asked in the name of this {whose} than one {whose} may.",
            rule=f"rate.{whose}",
            remedy=f"Wait {seconds} s, then ask more slowly.",
        )
        self.headers = {"retry-after": str(seconds)}


class Buckets:
    """A bucket for each key: ``per_s`` drops a second up to ``burst``. What rested longest is forgotten first."""

    def __init__(
        self, per_s: float, burst: float, *, keys_max: int = KEYS_MAX, clock: Callable[[], float] = monotonic
    ) -> None:
        self._per_s, self._burst, self._keys_max, self._clock = per_s, burst, keys_max, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str, drops: float = 1.0) -> float:
        """Take from a bucket; return 0, or the seconds until it holds a drop. With no rate there is always enough.

        With ``drops`` 0 nothing is taken: it only tells whether there is one.
        """
        if not self._per_s:
            return 0.0
        with self._lock:
            left = self._standing(key)
            enough = left >= 1.0
            self._left[key] = (left - drops if enough else left, self._clock())
            self._left.move_to_end(key)
            while len(self._left) > self._keys_max:
                self._left.popitem(last=False)
        return 0.0 if enough else (1.0 - left) / self._per_s

    def __len__(self) -> int:
        return len(self._left)

    def _standing(self, key: str) -> float:
        left, at = self._left.get(key, (self._burst, self._clock()))
        return min(self._burst, left + (self._clock() - at) * self._per_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The buckets of one process."""

    person: Buckets
    address: Buckets
    wrong: Buckets

    @classmethod
    def of(cls, settings: Settings) -> Rates:
        """Return full buckets, as large as the settings say."""
        return cls(
            person=Buckets(settings.rate_per_person, settings.rate_per_person * BURST_S),
            address=Buckets(settings.rate_per_address, settings.rate_per_address * BURST_S),
            wrong=Buckets(WRONG_PER_S, WRONG_BURST),
        )

    def of_person(self, person_id: str) -> None:
        """Raise TooMany when a person asks too often."""
        refuse(self.person, "person", person_id)


def refuse(buckets: Buckets, whose: str, key: str, drops: float = 1.0) -> None:
    """Take a drop, or raise TooMany."""
    if wait := buckets.take(key, drops):
        telemetry.count("camledger_too_many_total", whose=whose)
        raise TooMany(whose, wait)


class RateLimit:
    """Answers 429 before anything is read, for an address that asks too often or tries tokens."""

    def __init__(self, app: ASGIApp, rates: Rates, people: People, proxies: Proxies) -> None:
        self._app, self._rates, self._people, self._proxies = app, rates, people, proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that may be asked now."""
        if scope["type"] != "http" or scope["path"].startswith(UNLIMITED):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        address = self._proxies.heard_from((scope.get("client") or ("", 0))[0], headers)
        scope.setdefault("state", {})["address"] = address
        if self._is_service(headers):
            await self._app(scope, receive, send)
            return
        try:
            refuse(self._rates.address, "address", address)
            if "authorization" in headers:
                refuse(self._rates.wrong, "address", address, drops=0.0)
        except TooMany as many:
            answer = JSONResponse(many.problem(), many.status, headers=many.headers, media_type=PROBLEM)
            await answer(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            if "authorization" in headers and _is_unknown(message):
                self._rates.wrong.take(address)
            await send(message)

        await self._app(scope, receive, counted)

    def _is_service(self, headers: Headers) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        known = self._people.by_token(token.strip()) if scheme.lower() == "bearer" else None
        return known is not None and known.is_service


def _is_unknown(message: Message) -> bool:
    """Tell whether an answer says that nobody is known by the token; who only signed in too long ago tries nothing."""
    if message["type"] != "http.response.start" or message["status"] != UNKNOWN:
        return False
    return not any(name == b"www-authenticate" and TOO_OLD in value for name, value in message["headers"])
