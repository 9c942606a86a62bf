"""Cookies of the console: out of reach of scripts and other sites, and bound to the host itself wherever it has TLS."""

from __future__ import annotations

from typing import Final, Literal

from fastapi import Request, Response

from services.runtime.settings import Settings

PATH: Final = "/console"
# A browser takes a cookie of this name only over TLS, for the whole host, and from the host itself.
BOUND: Final = "__Host-"


def given(request: Request, name: str) -> str:
    """Return what the browser keeps under a name."""
    return request.cookies.get(named(request, name), "")


def keep(
    request: Request,
    answer: Response,
    name: str,
    value: str,
    *,
    lasts_s: int | None = None,
    same_site: Literal["strict", "lax"] = "strict",
) -> None:
    """Have the browser keep a value. Strict: a link on a stranger's page comes in without it."""
    answer.set_cookie(
        named(request, name),
        value,
        max_age=lasts_s,
        path=_path(request),
        secure=is_secure(request),
        httponly=True,
        samesite=same_site,
    )


def drop(request: Request, answer: Response, name: str) -> None:
    """Have the browser forget a value."""
    answer.delete_cookie(named(request, name), path=_path(request), secure=is_secure(request), httponly=True)


def named(request: Request, name: str) -> str:
    """Return the whole name of a cookie."""
    return BOUND + name if is_secure(request) else name


def is_secure(request: Request) -> bool:
    """Tell whether browsers reach us over TLS, though a proxy may end it."""
    settings: Settings | None = getattr(request.app.state, "settings", None)
    return request.url.scheme == "https" or (settings is not None and settings.public_url.startswith("https://"))


def _path(request: Request) -> str:
    return "/" if is_secure(request) else PATH
