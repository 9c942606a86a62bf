"""The one worker of analytics: all topics but its own into registers, statistics and audit log. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.analytics.audit.sequencer import Sequencer
from services.analytics.projector import project
from services.analytics.store import write
from services.kernel.topics import TOPICS
from services.runtime.received import Received

CONSUMER = "analytics.log"
TOPICS_READ = tuple(topic.name for topic in TOPICS if topic.writer != "analytics" and topic.events)


class LogHandler:
    """Rows, tree and outbox of one batch, in the worker's transaction."""

    def __init__(self, sequencer: Sequencer) -> None:
        self._sequencer = sequencer

    async def apply(self, tx: AsyncConnection, batch: Sequence[Received]) -> None:
        """Write what the batch states. Running twice over a record changes nothing and adds no audit entry."""
        await write(tx, project(received.recorded for received in batch))
        # Last: everybody who appends waits here for the row of the tree.
        await self._sequencer.append(tx, batch)
