"""The authorization code flow with PKCE (RFC 6749, RFC 7636), as far as addresses and bodies go: authlib makes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc6749.parameters import prepare_token_request

from services.runtime.oidc.provider import Provider
from services.runtime.oidc.refusals import TokenRefused

SCOPE: Final = "openid profile"
FORM: Final = "application/x-www-form-urlencoded"
BASIC, POST, NONE = "client_secret_basic", "client_secret_post", "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """We, as the provider knows us."""

    client_id: str
    secret: str
    scope: str = SCOPE

    def address(self, provider: Provider, redirect_uri: str, asked: Asked, **more: str) -> str:
        """Return where the browser goes to sign in."""
        uri, _state = self._client(provider, redirect_uri).create_authorization_url(
            provider.document()["authorization_endpoint"],
            state=asked.state,
            code_verifier=asked.verifier,
            nonce=asked.nonce,
            **more,
        )
        return str(uri)

    def redeem(self, provider: Provider, redirect_uri: str, code: str, verifier: str) -> str:
        """Return the ID token that a code is worth. Raises TokenRefused or ProviderSilent."""
        body = prepare_token_request("authorization_code", redirect_uri=redirect_uri, code=code, code_verifier=verifier)
        client = self._client(provider, redirect_uri)
        headers = {"accept": "application/json", "content-type": FORM}
        endpoint = provider.document()["token_endpoint"]
        auth = client.client_auth(client.token_endpoint_auth_method)
        address, headers, body = auth.prepare("POST", endpoint, headers, body)
        told = provider.post(address, body, headers)
        token = told.get("id_token")
        if not isinstance(token, str):
            raise TokenRefused("the provider gave no ID token: the client needs the scope openid")
        return token

    def _client(self, provider: Provider, redirect_uri: str) -> Any:  # noqa: ANN401 - authlib ships no types
        return OAuth2Client(
            None,
            client_id=self.client_id,
            client_secret=self.secret,
            token_endpoint_auth_method=self._method(provider.document().get("token_endpoint_auth_methods_supported")),
            scope=self.scope,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )

    def _method(self, supported: Sequence[str] | None) -> str:
        if not self.secret:
            return NONE
        return POST if supported and BASIC not in supported and POST in supported else BASIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one sign-in was begun with; all three are secrets of this sign-in."""

    state: str
    nonce: str
    verifier: str
