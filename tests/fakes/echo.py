"""A second small service: it reads the ledger's answers and refuses each, so that a trace crosses two services."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.kernel.envelope import Actor, recorded
from services.kernel.events import ActRefused
from services.kernel.ids import EPOCH
from services.runtime import database, migrate
from services.runtime.codec import Codec
from services.runtime.outbox import Outbox
from services.runtime.process import run_service
from services.runtime.registry import open_registry
from services.runtime.relay import Relay
from services.runtime.settings import Settings
from services.runtime.tables import metadata_for
from services.runtime.worker import Received, Worker

SERVICE = "access"
METADATA = metadata_for(SERVICE)


class Echo:
    """Answers each record with a refusal in a stream of its own."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def apply(self, tx: AsyncConnection, batch: Sequence[Received]) -> None:
        for record in batch:
            envelope = record.recorded.envelope
            fact = recorded(
                ActRefused(act="echo", subject=record.key, refusal="Echoed", rule="", clause="", explanation=""),
                stream_id=f"echo/{envelope.stream_id}",
                stream_version=envelope.stream_version,
                at=EPOCH,
                actor=Actor(id="rule/echo", role="service:access"),
            )
            await self._outbox.append(tx, [fact], record.key, causes=[record])


async def create(settings: Settings) -> None:
    """Create the echo's database and tables."""
    await migrate.create_database(settings, SERVICE)
    engine = database.engine(settings, SERVICE, pool=1)
    async with engine.begin() as tx:
        await tx.run_sync(METADATA.create_all)
    await engine.dispose()


def main() -> int:
    """Run worker and relay until SIGTERM."""
    settings = Settings(service=SERVICE)
    asyncio.run(create(settings))
    codec = Codec(open_registry(settings))
    handler = Echo(Outbox(SERVICE, codec, settings))
    worker = Worker("access.echo", ["retention.events"], handler, settings, SERVICE, codec)
    return run_service(SERVICE, settings, [Relay(settings, SERVICE), worker])


if __name__ == "__main__":
    sys.exit(main())
