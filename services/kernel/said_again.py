"""A mark that a restore forgot is said again without a batch, for an answer had told of it (F9): what it rests on.

It was made before the first protection to which that was answered, or this one's answer would have called it secured.
So whatever stood on the protection log before that one is what custody may have read, and a clearance among it cleared
it. The judge of the log and certificates ask here; nobody else decides it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from services.kernel.batches import SegmentKey, names
from services.kernel.events import DeletionCleared

NO_BATCH: Final = UUID(int=0)


def read_up_to(batch_id: UUID, mark_seq: int, answered: int | None) -> int:
    """Return the position of the protection log up to which custody had read when it marked.

    ``answered`` is the position of the first protection whose answer called the segment *being destroyed*.
    """
    return mark_seq if batch_id != NO_BATCH or answered is None else answered - 1


def clearing(cleared: Iterable[DeletionCleared], key: SegmentKey, batch_id: UUID, seq: int) -> DeletionCleared | None:
    """Return a clearance up to position ``seq`` that names a segment: of its batch, or of any if it has none."""
    return next(
        (
            each
            for each in cleared
            if each.seq <= seq and batch_id in {NO_BATCH, each.batch_id} and names(each.lines, key)
        ),
        None,
    )
