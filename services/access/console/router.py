"""Every page of the console, for whoever wires it."""

from __future__ import annotations

from fastapi import APIRouter

from services.access.console import (
    acting,
    alarms,
    camera_map,
    cameras,
    carrying_out,
    correcting,
    deletion,
    emergency,
    events,
    holds,
    home,
    live,
    new,
    policies,
    projects,
    provider_sign_in,
    registers,
    requests,
    signing_in,
    simulating,
    term_acts,
    verifying,
    viewings,
)

PAGES = (
    signing_in,
    provider_sign_in,
    home,
    requests,
    acting,
    correcting,
    carrying_out,
    term_acts,
    new,
    holds,
    cameras,
    deletion,
    registers,
    policies,
    simulating,
    emergency,
    alarms,
    camera_map,
    live,
    projects,
    viewings,
    events,
    verifying,
)


def routers() -> list[APIRouter]:
    """Return the routes of all pages."""
    return [each.router for each in PAGES]
