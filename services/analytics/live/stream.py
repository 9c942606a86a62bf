"""The Faust app that fills the live windows. Each guard here has its reason; without one of them records were lost.

Faust acknowledges in a ``finally``: a handler that crashes would lose its record. So acknowledging is taken from it
(``noack``) and done after the database has committed; a failing agent ends the process (CrashingSupervisor) instead of
being restarted with its state half-done; one actor (``concurrency=1``); topics exist beforehand; no web server.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faust
import psutil
from mode.supervisors import CrashingSupervisor
from sqlalchemy.ext.asyncio import AsyncConnection

from services.analytics.live.store import add, beat, repair
from services.analytics.live.watchdog import Watchdog
from services.analytics.live.windows import Seen, seen
from services.runtime import database
from services.runtime.beats import Beats
from services.runtime.codec import Codec, Undecodable
from services.runtime.logs import logger
from services.runtime.settings import Settings
from services.runtime.transactions import Transactions

GROUP = "analytics.live"
TOPIC = "segment.events"
BATCH_MAX = 500
BATCH_WITHIN_S = 0.2
BEAT_S = 2.0


class Live:
    """Windows of one process: decodes, counts into Postgres, and only then lets Faust acknowledge."""

    def __init__(self, settings: Settings, codec: Codec) -> None:
        self._codec = codec
        # Made inside Faust's event loop, by the first who needs it.
        self._settings = settings
        self._transactions: Transactions | None = None
        self.skipped = 0

    async def repair(self) -> None:
        """Start from the registers, not from what an earlier process may have left."""

        async def repaired(tx: AsyncConnection) -> None:
            await repair(tx, await database.db_now(tx))

        await self._run().run(repaired)

    async def count(self, values: Sequence[bytes | None]) -> None:
        """Count records into their windows. Tombstones and foreign bytes are skipped: the dead letter has them."""
        batch = [one for value in values if (one := self._seen(value)) is not None]
        await self._run().run(lambda tx: add(tx, batch))

    async def beat(self, lag: int) -> None:
        """Note in the database that this process lives."""
        memory = psutil.Process().memory_info().rss

        async def told(tx: AsyncConnection) -> None:
            await beat(tx, worker=GROUP, lag=lag, skipped=self.skipped, rss_bytes=memory)

        await self._run().run(told)

    def _run(self) -> Transactions:
        if self._transactions is None:
            engine = database.engine(self._settings, "analytics", pool=2, application=GROUP)
            self._transactions = Transactions(engine, GROUP, lambda: None)
        return self._transactions

    def _seen(self, value: bytes | None) -> Seen | None:
        try:
            return seen(self._codec.decode(value or b"", TOPIC))
        except Undecodable as error:
            self.skipped += 1
            logger().warning("live.skipped", reason=str(error))
            return None


def build(settings: Settings, live: Live, watchdog: Watchdog) -> faust.App:
    """Return the app: one agent over ``segment.events``, and a beat."""
    app = faust.App(
        group_of(settings),
        broker=[f"kafka://{address}" for address in settings.kafka.split(",")],
        broker_credentials=credentials(settings),
        broker_session_timeout=6.0,  # the least that brokers grant: a killed process is missed soonest
        broker_heartbeat_interval=2.0,
        broker_commit_interval=1.0,
        consumer_auto_offset_reset="earliest",
        key_serializer="raw",
        value_serializer="raw",
        # Faust makes this folder even though nothing is kept in it; left to itself it makes one where we stand.
        datadir=str(_folder(settings.home / "analytics") / "live"),
        store="memory://",
        topic_allow_declare=False,
        topic_disable_leader=True,
        stream_wait_empty=False,
        web_enabled=False,
        web_bind="127.0.0.1",
        web_host="127.0.0.1",
    )
    topic = app.topic(settings.topic(TOPIC), key_type=bytes, value_type=bytes, acks=True)

    async def windows(stream: Any) -> None:  # noqa: ANN401 - Faust ships no types
        await live.repair()
        own = stream.noack()
        async for events in own.noack_take(BATCH_MAX, within=BATCH_WITHIN_S):
            await live.count([event.value for event in events])
            for event in events:
                await own.ack(event)

    async def beats() -> None:
        await live.beat(watchdog.lag)
        Beats.current.beat(GROUP)

    app.agent(topic, name="windows", concurrency=1, supervisor_strategy=CrashingSupervisor)(windows)
    app.timer(interval=BEAT_S)(beats)
    return app


def group_of(settings: Settings) -> str:
    """Return the consumer group, which is frozen for ever, like every consumer's name."""
    return f"{settings.topic_prefix}{GROUP}"


def credentials(settings: Settings) -> Any:  # noqa: ANN401 - Faust ships no types
    """Return Faust's form of librdkafka's SASL and TLS settings; None where the broker asks for neither."""
    given = settings.kafka_security
    protocol = given.get("security.protocol", "PLAINTEXT").upper()
    context = ssl.create_default_context(cafile=given.get("ssl.ca.location")) if protocol.endswith("SSL") else None
    if context is not None and "ssl.certificate.location" in given:
        context.load_cert_chain(given["ssl.certificate.location"], given.get("ssl.key.location"))
    if protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=given["sasl.username"],
            password=given["sasl.password"],
            mechanism=given.get("sasl.mechanism", "PLAIN"),
            ssl_context=context,
        )
    return faust.SSLCredentials(context=context) if context is not None else None


def _folder(path: Path) -> Path:
    # Faust makes the last folder of its path and none above it.
    path.mkdir(parents=True, exist_ok=True)
    return path
