"""The three exact lists of an answer: secured, being destroyed, gone. Pure; the caller holds the gate."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from services.ingest.catalog.footage import Filmed, Footage
from services.kernel.batches import SegmentKey, lines
from services.kernel.events import HoldApplied, SecuredSpan
from services.kernel.ids import micros
from services.kernel.mark import SegmentState
from services.kernel.protection import Protection
from services.kernel.scope import Covers, FootageFacts, covers


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """Footage that a protection covers, by what can still be promised of it."""

    secured: tuple[SegmentKey, ...]
    destroying: tuple[SegmentKey, ...]
    gone: tuple[SegmentKey, ...]


@dataclass(slots=True)
class Answer:
    """What HoldApplied will say, told one camera at a time: only that camera's footage is in memory."""

    secured: list[SecuredSpan] = field(default_factory=list)
    destroying: list[SegmentKey] = field(default_factory=list)
    gone: list[SegmentKey] = field(default_factory=list)

    def tell(self, camera: Lists) -> None:
        """Add the lists of the next camera."""
        self.secured += spans(camera.secured)
        self.destroying += camera.destroying
        self.gone += camera.gone


def narrowed(protection: Protection, camera_id: str) -> Protection:
    """Return the part of a protection that may concern one camera, so that a thousand names are compared once."""
    scopes = [scope for scope in protection.scopes if not scope.cameras or camera_id in scope.cameras]
    return replace(protection, scopes=tuple(replace(scope, cameras=(camera_id,)) for scope in scopes))


def is_covered(protection: Protection, facts: FootageFacts) -> bool:
    """Tell whether any of its scopes covers the footage; what isn't filed counts as covered."""
    return any(covers(scope, facts) is not Covers.NO for scope in protection.scopes)


def lists(covered: Iterable[Footage | Filmed]) -> Lists:
    """Sort covered footage by its state."""
    by_state: dict[SegmentState, list[SegmentKey]] = {state: [] for state in SegmentState}
    for each in covered:
        by_state[each.state].append(each.key)
    return Lists(
        secured=tuple(by_state[SegmentState.KEPT]),
        destroying=tuple(by_state[SegmentState.DESTROYING]),
        gone=tuple(by_state[SegmentState.GONE]),
    )


def applied(protection: Protection, found: Answer) -> HoldApplied:
    """Return the event that makes a protection effective."""
    return HoldApplied(
        hold_id=protection.hold_id,
        seq=protection.seq,
        secured=tuple(sorted(found.secured, key=lambda span: span.camera_id)),
        destroying=lines(found.destroying),
        gone=lines(found.gone),
    )


def spans(secured: Sequence[SegmentKey]) -> tuple[SecuredSpan, ...]:
    """Return one span a camera: exact by count and digest."""
    ordered = sorted(secured)
    return tuple(_span(camera, list(run)) for camera, run in groupby(ordered, key=lambda key: key.camera_id))


def _span(camera: str, run: list[SegmentKey]) -> SecuredSpan:
    named = "".join(f"{micros(key.started_at)}/{key.generation}\n" for key in run)
    return SecuredSpan(
        camera_id=camera,
        segments=len(run),
        first_started_at=run[0].started_at,
        last_started_at=run[-1].started_at,
        digest=hashlib.sha256(named.encode()).hexdigest(),
    )
