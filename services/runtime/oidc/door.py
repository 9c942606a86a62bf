"""The door that the provider opens: callers of the API by access token, people at the console by a code.

Made once in a process, where it is wired; safe to use from several threads. Nothing is guessed when it can't be asked.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import time
from typing import Final

from services.runtime.identity import Person
from services.runtime.oidc import tokens
from services.runtime.oidc.exchange import Asked, Client
from services.runtime.oidc.mapping import ClaimsMapping
from services.runtime.oidc.provider import Provider, is_safe
from services.runtime.oidc.refusals import SignInRefused, TokenRefused
from services.runtime.settings import Settings

SIGNED_IN_AT: Final = "/console/signed-in"
# The provider's clock may run a little behind ours.
CLOCK_LEEWAY: Final = timedelta(seconds=tokens.LEEWAY_S)


class DoorMisbuilt(ValueError):
    """Settings of the identity provider that can't work or aren't safe; the message names one and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Somebody who came in: the person, and the names by which the provider later signs him out."""

    person: Person
    subject: str
    provider_session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One provider, what we are to it, and how its claims are read."""

    provider: Provider
    client: Client
    mapping: ClaimsMapping
    audience: str = ""  # of access tokens; empty: the API takes none
    public_url: str = ""
    step_up_acr: str = ""  # acr values of a fresh sign-in, best first; empty: any
    clock: Callable[[], float] = time

    @classmethod
    def of(cls, settings: Settings) -> Door | None:
        """Return the door that the settings describe, None where they name no provider. Raises DoorMisbuilt."""
        if not settings.oidc_issuer:
            return None
        _check(settings)
        return cls(
            provider=Provider(settings.oidc_issuer),
            client=Client(
                client_id=settings.oidc_client_id, secret=settings.oidc_client_secret, scope=settings.oidc_scope
            ),
            mapping=ClaimsMapping.load(Path(settings.oidc_mapping)),
            audience=settings.oidc_audience,
            public_url=settings.public_url.rstrip("/"),
            step_up_acr=settings.oidc_step_up_acr,
        )

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def caller(self, token: str) -> Person:
        """Return who calls with an access token. Raises TokenRefused, ClaimsUnusable or ProviderSilent."""
        if not self.audience:
            raise TokenRefused("no audience is configured for access tokens (CAMLEDGER_OIDC_AUDIENCE)")
        claims = tokens.checked(self.provider, token, audience=self.audience, now=self.clock())
        return self.mapping.person(claims, self.provider.issuer)

    def begin(self, *, max_age_s: int, again: bool = False) -> tuple[Asked, str]:
        """Return the secrets of a new sign-in and where to send the browser; ``again`` asks for a fresh one."""
        asked = Asked(
            state=secrets.token_urlsafe(32), nonce=secrets.token_urlsafe(32), verifier=secrets.token_urlsafe(48)
        )
        # With max_age the provider must say when it signed the person in (OpenID Connect Core 3.1.2.1).
        more = {"max_age": "0", "prompt": "login"} if again else {"max_age": str(max_age_s)}
        if again and self.step_up_acr:
            more["acr_values"] = self.step_up_acr
        return asked, self.client.address(self.provider, self._redirect_uri, asked, **more)

    def came_back(self, asked: Asked, code: str, issuer: str, *, since: datetime | None) -> SignedIn:
        """Return who signed in with a code. ``since``: he must have done so after that. Raises SignInRefused, and more.

        ``issuer`` is the response's own (RFC 9207): whoever announces to send it must.
        """
        announced = bool(self.provider.document().get("authorization_response_iss_parameter_supported"))
        if issuer != self.provider.issuer and (issuer or announced):
            raise SignInRefused("the answer comes from another issuer")
        token = self.client.redeem(self.provider, self._redirect_uri, code, asked.verifier)
        now = self.clock()
        claims = tokens.identity(self.provider, token, client_id=self.client.client_id, nonce=asked.nonce, now=now)
        person = self.mapping.person(claims, self.provider.issuer)
        if since is not None:
            self._check_fresh(person, since)
        return SignedIn(
            person=person, subject=str(claims.get("sub", "")), provider_session=str(claims.get("sid", ""))
        )  # fmt: skip

    def signed_out(self, token: str) -> tuple[str, str]:
        """Return the (subject, session) that a logout token names; either may be empty."""
        claims = tokens.logout(self.provider, token, client_id=self.client.client_id, now=self.clock())
        return str(claims.get("sub", "")), str(claims.get("sid", ""))

    def is_fresh(self, person: Person, within_s: int) -> bool:
        """Tell whether a person signed in within so many seconds, at the level that is wanted."""
        if person.authenticated_at is None:
            return False
        levels = self.step_up_acr.split()
        age = self.now - person.authenticated_at
        return age <= timedelta(seconds=within_s) and (not levels or person.acr in levels)

    def _check_fresh(self, person: Person, since: datetime) -> None:
        if person.authenticated_at is None or person.authenticated_at < since - CLOCK_LEEWAY:
            raise SignInRefused("the provider didn't ask for a fresh sign-in, or doesn't say when it was")
        if self.step_up_acr and person.acr not in self.step_up_acr.split():
            raise SignInRefused(f"the provider didn't sign in at {self.step_up_acr}")

    @property
    def _redirect_uri(self) -> str:
        return self.public_url + SIGNED_IN_AT


def _check(settings: Settings) -> None:
    if not is_safe(settings.oidc_issuer):
        raise DoorMisbuilt(f"CAMLEDGER_OIDC_ISSUER is {settings.oidc_issuer!r}: tokens travel there; use https")
    if not settings.oidc_client_id:
        raise DoorMisbuilt("CAMLEDGER_OIDC_CLIENT_ID is empty: name the client that the provider knows us by")
    if settings.oidc_audience == settings.oidc_client_id:
        # An ID token has the client as its audience: it says who came to the console, and opens nothing by itself.
        raise DoorMisbuilt("CAMLEDGER_OIDC_AUDIENCE is the client's id: give the API an audience of its own")
