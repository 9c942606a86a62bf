"""One provider as we know it: its discovery document and its keys, bounded, and never used past their time.

Whoever has the key that he needs waits for nobody's fetch. A provider that fails is ProviderSilent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from threading import Lock
from time import monotonic
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet

from services.runtime.logs import logger
from services.runtime.oidc.refusals import ProviderSilent, TokenRefused

ANSWER_WITHIN_S: Final = 5.0
ANSWER_BYTES_MAX: Final = 200_000
DOCUMENT_LASTS_S: Final = 3_600.0
# A key that the provider withdraws is believed no longer than this; one that is new is asked for at once.
KEYS_LAST_S: Final = 600.0
# Anybody can send tokens that name keys which never were: each may cost the provider one answer in this time.
ASKED_AGAIN_AFTER_S: Final = 5.0
SILENT_FOR_S: Final = 1.0
ASKED_SELDOM: Final = httpx.Limits(max_connections=20, max_keepalive_connections=0)
NEEDED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
WELL_KNOWN: Final = "/.well-known/openid-configuration"


@dataclass(slots=True)
class _Kept:
    value: Any
    at: float


class Provider:
    """What the provider of one issuer publishes."""

    def __init__(self, issuer: str, client: httpx.Client | None = None, clock: Callable[[], float] = monotonic) -> None:
        self.issuer = issuer
        self._client = client or httpx.Client(timeout=ANSWER_WITHIN_S, follow_redirects=False, limits=ASKED_SELDOM)
        self._clock = clock
        self._asking = Lock()
        self._document: _Kept | None = None
        self._keys: _Kept | None = None
        self._silent: _Kept | None = None

    def document(self) -> dict[str, Any]:
        """Return the discovery document. Raises ProviderSilent."""
        with self._asking:
            if self._document is None or self._age(self._document) >= DOCUMENT_LASTS_S:
                address = self.issuer.rstrip("/") + WELL_KNOWN
                self._document = _Kept(self._checked(self._asked(address)), self._clock())
            found: dict[str, Any] = self._document.value
            return found

    def key(self, kid: str | None) -> Key:
        """Return the key of an id, asking again for one that is new. Raises TokenRefused or ProviderSilent."""
        kept = self._keys
        if kept is None or self._age(kept) >= KEYS_LAST_S:
            kept = self._fetched(unless_newer_than_s=KEYS_LAST_S)
        found = _of(kept.value, kid)
        if found is None:
            found = _of(self._fetched(unless_newer_than_s=ASKED_AGAIN_AFTER_S).value, kid)
        if found is None:
            raise TokenRefused("it is signed by a key that the provider doesn't publish")
        return found

    def post(self, address: str, body: str, headers: dict[str, str]) -> dict[str, Any]:
        """Send a form to one of the provider's endpoints; raises ProviderSilent, or TokenRefused for its refusal."""
        return self._json("POST", address, content=body, headers=headers)

    def _fetched(self, unless_newer_than_s: float) -> _Kept:
        address = self.document()["jwks_uri"]
        with self._asking:
            # Somebody else may have fetched them while we waited.
            if self._keys is None or self._age(self._keys) >= unless_newer_than_s:
                self._keys = _Kept(_key_set(self._asked(address)), self._clock())
            return self._keys

    def _asked(self, address: str) -> dict[str, Any]:
        """GET, unless it just failed: whoever waits behind a dead provider hears so at once."""
        if self._silent is not None and self._age(self._silent) < SILENT_FOR_S:
            raise ProviderSilent(str(self._silent.value))
        try:
            return self._json("GET", address)
        except ProviderSilent as silent:
            self._silent = _Kept(silent.detail, self._clock())
            raise

    def _age(self, kept: _Kept) -> float:
        return self._clock() - kept.at

    def _checked(self, document: dict[str, Any]) -> dict[str, Any]:
        if document.get("issuer") != self.issuer:
            raise ProviderSilent(f"its discovery document names another issuer than {self.issuer}")
        for name in NEEDED:
            if not is_safe(str(document.get(name, ""))):
                raise ProviderSilent(f"its discovery document has no usable {name}")
        return document

    def _json(self, method: str, address: str, **how: Any) -> dict[str, Any]:  # noqa: ANN401 - as httpx takes them
        try:
            with self._client.stream(method, address, **how) as answer:
                told = _limited(answer)
                status = answer.status_code
        except httpx.HTTPError as error:
            logger().warning("identity.provider_silent", address=address, error=type(error).__name__)
            raise ProviderSilent(f"{address} doesn't answer: {type(error).__name__}") from error
        if method == "POST" and status in (400, 401):
            raise TokenRefused(f"the provider refuses it: {str(told.get('error', status))[:80]}")
        if status != httpx.codes.OK:
            logger().warning("identity.provider_silent", address=address, status=status)
            raise ProviderSilent(f"{address} answers {status}")
        return told


def is_safe(address: str) -> bool:
    """Tell whether secrets may be sent to an address: https, or this machine itself."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme == "https":
        return bool(host)
    try:
        return parts.scheme == "http" and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False


def _limited(answer: httpx.Response) -> dict[str, Any]:
    body = bytearray()
    for part in answer.iter_bytes():
        body += part
        if len(body) > ANSWER_BYTES_MAX:
            raise ProviderSilent(f"its answer has more than {ANSWER_BYTES_MAX} bytes")
    try:
        told = httpx.Response(200, content=bytes(body)).json()
    except ValueError:
        told = None
    if isinstance(told, dict):
        return told
    if answer.status_code == httpx.codes.OK:
        raise ProviderSilent("its answer isn't a JSON object")
    return {}


def _key_set(told: dict[str, Any]) -> KeySet:
    try:
        # A symmetric key in a public document is nobody's secret: it signs nothing for us.
        return KeySet.import_key_set({"keys": [each for each in told["keys"] if each.get("kty") != "oct"]})
    except (JoseError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ProviderSilent(f"its keys can't be read: {type(error).__name__}") from error


def _of(keys: KeySet, kid: str | None) -> Key | None:
    signing = [each for each in keys if each.get("use") != "enc"]
    if kid is None:
        return signing[0] if len(signing) == 1 else None
    return next((each for each in signing if each.kid == kid), None)
