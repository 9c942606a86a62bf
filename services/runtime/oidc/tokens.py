"""Checks what a provider has signed: signature by a public key of its own, issuer, audience, time, nonce.

The algorithm is chosen here, never by the token: no "none", and no secret that is really a public key.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from hmac import compare_digest
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from services.runtime.oidc.provider import Provider
from services.runtime.oidc.refusals import TokenRefused

ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
    "EdDSA",
)
TOKEN_CHARACTERS_MAX: Final = 16_384
LEEWAY_S: Final = 60
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_SIGNED_ONLY: Final = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
Claims = Mapping[str, Any]


def checked(provider: Provider, token: str, *, audience: str, now: float) -> Claims:
    """Return the claims of a token of this provider for this audience. Raises TokenRefused or ProviderSilent."""
    header = _header(token)
    if header.get("alg") not in ALGORITHMS:
        raise TokenRefused(f"it is signed by {str(header.get('alg'))[:20]!r}, which isn't a signature that we accept")
    kid = header.get("kid")
    key = provider.key(kid if isinstance(kid, str) else None)
    try:
        claims = jwt.decode(token, key, algorithms=list(ALGORITHMS), registry=_SIGNED_ONLY).claims
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRefused(f"its signature isn't the provider's: {type(error).__name__}") from error
    _check_issuer(claims, provider.issuer, audience)
    _check_times(claims, now)
    return claims


def identity(provider: Provider, token: str, *, client_id: str, nonce: str, now: float) -> Claims:
    """Return the claims of an ID token that answers to our own nonce (OpenID Connect Core 3.1.3.7)."""
    claims = checked(provider, token, audience=client_id, now=now)
    if not compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise TokenRefused("its nonce isn't that of this sign-in")
    if claims.get("azp", client_id) != client_id or (len(_audiences(claims)) > 1 and "azp" not in claims):
        raise TokenRefused("it was issued to another client")
    return claims


def logout(provider: Provider, token: str, *, client_id: str, now: float) -> Claims:
    """Return the claims of a logout token (OpenID Connect Back-Channel Logout 2.6)."""
    claims = checked(provider, token, audience=client_id, now=now)
    events = claims.get("events")
    if not isinstance(events, Mapping) or LOGOUT_EVENT not in events or "nonce" in claims:
        raise TokenRefused("it isn't a logout token")
    if not (claims.get("sid") or claims.get("sub")):
        raise TokenRefused("it names neither a session nor a subject")
    return claims


def _header(token: str) -> dict[str, Any]:
    if len(token) > TOKEN_CHARACTERS_MAX:
        raise TokenRefused(f"it is longer than {TOKEN_CHARACTERS_MAX} characters")
    first = token.partition(".")[0]
    try:
        header = json.loads(urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (ValueError, NotBase64, RecursionError) as error:
        raise TokenRefused("it isn't a signed token") from error
    if not isinstance(header, dict):
        raise TokenRefused("it isn't a signed token")
    return header


def _check_issuer(claims: Claims, issuer: str, audience: str) -> None:
    if claims.get("iss") != issuer:
        raise TokenRefused("it comes from another issuer")
    if not audience or audience not in _audiences(claims):
        raise TokenRefused("it was issued for another audience")


def _check_times(claims: Claims, now: float) -> None:
    ends, begins, issued = (_instant(claims, name) for name in ("exp", "nbf", "iat"))
    # Written so that a NaN, which is neither before nor after anything, has no say.
    if ends is None or not ends > now - LEEWAY_S:
        raise TokenRefused("it has expired" if ends is not None else "it has no end")
    if any(each is not None and not each <= now + LEEWAY_S for each in (begins, issued)):
        raise TokenRefused("it isn't valid yet: compare the clocks of this machine and the provider")


def _audiences(claims: Claims) -> list[str]:
    named = claims.get("aud")
    return [each for each in named if isinstance(each, str)] if isinstance(named, list) else [str(named or "")]


def _instant(claims: Claims, name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused(f"its {name} is no instant")
    return float(value)
