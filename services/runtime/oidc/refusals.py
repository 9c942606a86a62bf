"""Why nobody is let in: each reason is a refusal that names the rule and the remedy, never the token."""

from __future__ import annotations

from services.runtime.refusal import Refusal


class ProviderSilent(Refusal):
    """The provider doesn't answer, or not as it must; nobody is guessed in its place."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            "ProviderSilent",
            status=503,
            title="The identity provider can't be asked",
            detail=detail,
            rule="identity.provider",
            remedy="Try again; if it stays so, tell whoever runs the identity provider.",
        )
        self.headers = {"retry-after": "10"}


class TokenRefused(Refusal):
    """What was shown isn't a token of this provider for us; the detail says which check failed, never the token."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            "NotAuthenticated",
            status=401,
            title="This token isn't accepted",
            detail=detail,
            rule="identity.token",
            remedy="Get a new token from the identity provider and send 'Authorization: Bearer TOKEN'.",
        )
        self.headers = {"www-authenticate": f'Bearer error="invalid_token", error_description="{_quoted(detail)}"'}


class ClaimsUnusable(Refusal):
    """The provider knows the person, and says too little or something that the mapping file doesn't know."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            "ClaimsUnusable",
            status=403,
            title="The identity provider doesn't say who you are here",
            detail=detail,
            rule="identity.mapping",
            remedy="Have the claim that is named added at the provider, or the mapping file corrected.",
        )


class SignInRefused(Refusal):
    """A return from the provider that doesn't belong to a sign-in that this browser began."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            "SignInRefused",
            status=403,
            title="This sign-in isn't accepted",
            detail=detail,
            rule="identity.sign_in",
            remedy="Begin again from the sign-in page.",
        )


class FreshSignInNeeded(Refusal):
    """The act wants a sign-in of the last minutes (RFC 9470: insufficient_user_authentication)."""

    def __init__(self, act: str, max_age_s: int, acr: str) -> None:
        super().__init__(
            "FreshSignInNeeded",
            status=401,
            title="This act wants a fresh sign-in",
            detail=f"{act} is carried out within {max_age_s} seconds of a sign-in{f' at {acr}' if acr else ''}.",
            rule=f"identity.step_up.{act}",
            remedy=f"Sign in again (max_age=0{f', acr_values={acr}' if acr else ''}) and repeat the act.",
        )
        self.act = act
        levels = f', acr_values="{_quoted(acr)}"' if acr else ""
        self.headers = {
            "www-authenticate": 'Bearer error="insufficient_user_authentication", '
            f'error_description="A fresh sign-in is needed", max_age="{max_age_s}"{levels}'
        }


def _quoted(text: str) -> str:
    """Return ASCII that can stand in a quoted-string of a header."""
    return "".join(each if " " <= each <= "~" and each not in '"\\' else "?" for each in text)[:200]
