"""A small real service for tests of the runtime: it writes down every record it is given and answers with an event.

Nothing in its tables forbids doubles or gaps: what the runtime does wrong shows as a row too many or too few.
Run as ``python -m tests.fakes.ledger [parts] [--without-claim]`` it is a process that tests kill, freeze and stop.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Integer, Table, Text, func, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kernel.envelope import Actor, Recorded, recorded
from services.kernel.events import BreakerTripped, CardCleared, MaskAttested
from services.kernel.ids import EPOCH
from services.runtime import database, migrate, offsets
from services.runtime.codec import Codec
from services.runtime.http import HttpPart, new_app
from services.runtime.outbox import Outbox
from services.runtime.process import Part, run_service
from services.runtime.registry import open_registry
from services.runtime.relay import Relay
from services.runtime.settings import Settings
from services.runtime.tables import metadata_for
from services.runtime.worker import Received, Rejected, Worker

SERVICE = "retention"
CONSUMER = "retention.ledger"
INPUTS = ("segment.events", "camera.events")
FREEZE, POISON, NUL = "freeze", "poison", "nul\x00"

METADATA = metadata_for(SERVICE)
ledger = Table(
    "ledger",
    METADATA,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("pid", Integer, nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("camera_id", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("said", Text, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
)
answered = Table(
    "answered",
    METADATA,
    Column("camera_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
)

WRITE = text("""
    INSERT INTO ledger (pid, topic, partition, "offset", camera_id, version, said)
    VALUES (:pid, :topic, :partition, :offset, :camera_id, :version, :said)""")
NUMBER = text("""
    INSERT INTO answered VALUES (:camera_id, :more)
    ON CONFLICT (camera_id) DO UPDATE SET version = answered.version + excluded.version RETURNING version""")
WITHOUT_CLAIM = text(str(offsets.CLAIM).replace("AND o.next_offset = s.start", ""))


class Ledger:
    """Writes one row a record and answers each with an event in the camera's own stream."""

    poison = POISON

    def __init__(self, outbox: Outbox, *, answers: bool = True) -> None:
        self._outbox = outbox
        self._answers = answers

    async def apply(self, tx: AsyncConnection, batch: Sequence[Received]) -> None:
        rows = [self._row(record) for record in batch]
        if any(row["said"] == self.poison for row in rows):
            raise Rejected("said poison")
        await tx.execute(WRITE, rows)
        if self._answers:
            await self._answer(tx, batch)

    async def _answer(self, tx: AsyncConnection, batch: Sequence[Received]) -> None:
        by_camera: dict[str, list[Received]] = {}
        for record in batch:
            by_camera.setdefault(record.key, []).append(record)
        for camera, records in sorted(by_camera.items()):
            last = (await tx.execute(NUMBER, {"camera_id": camera, "more": len(records)})).scalar_one()
            facts = [answer(camera, version) for version in range(last - len(records) + 1, last + 1)]
            await self._outbox.append(tx, facts, camera, causes=records)

    @staticmethod
    def _row(record: Received) -> dict[str, object]:
        event = record.recorded.event
        assert isinstance(event, CardCleared | MaskAttested)
        return {
            "pid": os.getpid(),
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "camera_id": event.camera_id,
            "version": record.recorded.envelope.stream_version,
            "said": event.card_id if isinstance(event, CardCleared) else event.mask_version,
        }


def answer(camera_id: str, version: int) -> Recorded:
    """Return the event that the ledger answers with."""
    return recorded(
        BreakerTripped(camera_id=camera_id, limit="none", counted=version),
        stream_id=f"answers/{camera_id}",
        stream_version=version,
        at=EPOCH,
        actor=Actor(id="rule/ledger", role="service:retention"),
    )


def card(camera_id: str, version: int, said: str = "card", at: datetime = EPOCH) -> Recorded:
    """Return an input for the first topic."""
    return recorded(
        CardCleared(camera_id=camera_id, card_id=said, segments=version, cleared_at=at),
        stream_id=f"cards/{camera_id}",
        stream_version=version,
        at=at,
        actor=Actor(id="p-0001", role="custodian"),
    )


def mask(camera_id: str, version: int, said: str = "mask", at: datetime = EPOCH) -> Recorded:
    """Return an input for the second topic."""
    return recorded(
        MaskAttested(camera_id=camera_id, mask_version=said, areas=(), valid_from=at),
        stream_id=f"masks/{camera_id}",
        stream_version=version,
        at=at,
        actor=Actor(id="p-0001", role="custodian"),
    )


class FreezingCodec(Codec):
    """Stops its own process when it decodes the word for it: with a batch in hand and no transaction open."""

    def decode(self, framed: bytes, topic: str = "") -> Recorded:
        fact = super().decode(framed, topic)
        if isinstance(fact.event, CardCleared) and fact.event.card_id == FREEZE and os.environ.get("LEDGER_FREEZES"):
            os.environ.pop("LEDGER_FREEZES")
            os.kill(os.getpid(), signal.SIGSTOP)
        return fact


async def create(settings: Settings) -> None:
    """Create the ledger's database and tables."""
    await migrate.create_database(settings, SERVICE)
    engine = database.engine(settings, SERVICE, pool=1)
    async with engine.begin() as tx:
        await tx.run_sync(METADATA.create_all)
    await engine.dispose()


def parts(settings: Settings) -> list[Part]:
    """Return all parts of the service."""
    codec = FreezingCodec(open_registry(settings))
    handler = Ledger(Outbox(SERVICE, codec, settings), answers="LEDGER_SILENT" not in os.environ)
    return [
        HttpPart(settings, lambda: new_app(SERVICE, settings, title="Ledger")),
        Relay(settings, SERVICE),
        Worker(CONSUMER, INPUTS, handler, settings, SERVICE, codec),
    ]


def main() -> int:
    """Run the chosen parts until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("role", nargs="?", default="all")
    parser.add_argument("--without-claim", action="store_true", help="the negative control: nothing fences a zombie")
    chosen = parser.parse_args()
    if chosen.without_claim:
        offsets.CLAIM = WITHOUT_CLAIM
    settings = Settings(service=SERVICE)
    asyncio.run(create(settings))
    return run_service(SERVICE, settings, parts(settings), chosen.role)


if __name__ == "__main__":
    sys.exit(main())
