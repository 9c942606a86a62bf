"""What callers send about protections, checked field by field before anything is decided."""

from __future__ import annotations

from typing import Annotated

from pydantic import UUID4, Field

from services.access.refusals import Unusable
from services.kernel.scope import CAMERAS_MAX, Scope
from services.runtime.bodies import Body, Instant, Line

Text = Annotated[str, Field(max_length=500)]


class ScopeBody(Body):
    """Which footage: every dimension that is named must match."""

    cameras: list[Line] = Field(default_factory=list, max_length=CAMERAS_MAX)
    area: Text = ""
    officer: Text = ""
    incident: Text = ""
    starts_at: Instant | None = Field(default=None, alias="from")
    ends_at: Instant | None = Field(default=None, alias="to")

    def scope(self) -> Scope:
        """Return the predicate; raises Unusable where it names no start: nothing is held by leaving things out."""
        if self.starts_at is None:
            raise Unusable(
                "the scope is empty: it says neither which footage nor from when"
                if not (self.cameras or self.area or self.officer or self.incident)
                else "the scope doesn't say from when",
                rule="scope",
                remedy='state "from", and a camera, area, officer or incident; leave "to" out for an open end',
            )
        return Scope(
            cameras=tuple(sorted(set(self.cameras))),
            area=self.area,
            officer=self.officer,
            incident=self.incident,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
        )


class HoldBody(Body):
    """A hold to be placed; a random ``hold_id`` may be given so that asking twice places one.

    Ids that are derived from a request belong to that request's own protection: nobody takes them beforehand.
    """

    hold_id: UUID4 | None = None
    scope: ScopeBody
    hold_kind: Text = "preservation"
    matter: Text
    authority: Text
    review_by: Instant | None = None
    confirmed_count: int | None = Field(default=None, ge=0)


class ExtensionBody(Body):
    """More scope, a later review date, or both."""

    scope: ScopeBody | None = None
    review_by: Instant | None = None
    confirmed_count: int | None = Field(default=None, ge=0)


class RescueBody(Body):
    """Footage to be taken out of the deletion queue until an instant."""

    hold_id: UUID4 | None = None
    scope: ScopeBody
    reason: Text
    until: Instant
