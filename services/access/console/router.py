"""Every page of the console, for whoever wires it."""

from __future__ import annotations

from fastapi import APIRouter

from services.access.console import acting, holds, home, new, policies, requests, signing_in


def routers() -> list[APIRouter]:
    """Return the routes of all pages."""
    return [each.router for each in (signing_in, home, requests, acting, new, holds, policies)]
