"""Which acts want a fresh sign-in, and how fresh: one table, asked before the act is looked at.

It holds where an identity provider vouches for people. A service has no screen to sign in at and is not asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from fastapi import Request

from services.runtime.identity import Person
from services.runtime.oidc.refusals import FreshSignInNeeded

if TYPE_CHECKING:  # what speaks to a provider is loaded only where there is one
    from services.runtime.oidc.door import Door

# What opens footage, keeps it, lets it go, or says by which rules: an unlocked screen must not be enough. Returning,
# denying and taking back open nothing, and never wait.
FRESH_WITHIN_S: Final[Mapping[str, int]] = {
    "request.approve": 300,
    "hold.place": 300,
    "hold.extend": 300,
    "hold.propose_release": 300,
    "hold.release": 300,
    "break_glass.open": 300,
    "break_glass.agree": 300,
    "break_glass.review": 300,
    "bulk_viewing.review": 300,
    "policy.adopt": 300,
    "project.decide": 300,
}


def must_be_fresh(request: Request, who: Person, act: str) -> None:
    """Raise FreshSignInNeeded when an act of the table comes too long after its person's sign-in."""
    door: Door | None = request.app.state.door
    within_s = FRESH_WITHIN_S[act]
    if door is None or who.is_service or door.is_fresh(who, within_s):
        return
    raise FreshSignInNeeded(act, within_s, door.step_up_acr)
