"""The lists of an answered hold as they stand now, no more than a page of them: a hold may cover everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.ingest.catalog.footage import Filmed
from services.ingest.custody.answers import spans
from services.kernel.batches import SegmentKey
from services.kernel.events import SecuredSpan
from services.kernel.mark import SegmentState


@dataclass(slots=True, kw_only=True)
class Page:
    """From ``offset``, at most ``most``, of what is added in its order; ``total`` counts all of it."""

    offset: int
    most: int
    total: int = 0
    keys: list[SegmentKey] = field(default_factory=list)

    def add(self, keys: Sequence[SegmentKey]) -> None:
        """Count keys, and keep those that lie on the page."""
        first, last = self.offset - self.total, self.offset + self.most - self.total
        self.keys += keys[max(0, first) : max(0, last)]
        self.total += len(keys)

    @property
    def is_last(self) -> bool:
        return self.total <= self.offset + self.most


class Listing:
    """Tells footage that was there when the hold was answered from what is born held; takes a camera at a time."""

    def __init__(self, answered_us: int, offset: int, most: int) -> None:
        self.secured = Page(offset=offset, most=most)
        self.born_held = Page(offset=offset, most=most)
        self._answered_us = answered_us
        self._spans: list[SecuredSpan] = []

    def add(self, camera: Sequence[Filmed]) -> None:
        """Add what the hold covers of one camera, by start and generation."""
        kept = [row for row in camera if row.state is SegmentState.KEPT]
        then = [row.key for row in kept if row.recorded_us <= self._answered_us]
        self._spans += spans(then)
        self.secured.add(then)
        self.born_held.add([row.key for row in kept if row.recorded_us > self._answered_us])

    @property
    def spans(self) -> tuple[SecuredSpan, ...]:
        """Return what is secured, by count and digest, in the order of HoldApplied."""
        return tuple(sorted(self._spans, key=lambda span: span.camera_id))

    @property
    def next_offset(self) -> int | None:
        """Return where the next page begins; None after the last one."""
        return None if self.secured.is_last and self.born_held.is_last else self.secured.offset + self.secured.most
