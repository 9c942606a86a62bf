"""Publishes the outbox in the order of its ids and deletes what the broker has acknowledged. Two may run; one leads.

The whole table is the queue: no cursor and no transaction ids, because neither is commit order. An error of delivery
ends the process at once: a queue whose head was dropped must not deliver its tail.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Event
from time import monotonic
from typing import Any

import asyncpg
from confluent_kafka import KafkaError, Producer

from services.runtime import database, lineage, telemetry
from services.runtime.consumer import producer
from services.runtime.logs import logger
from services.runtime.settings import Settings

LEADER_LOCK = 42
ROWS_MAX = 1_000
BUSY_S, IDLE_S, IDLE_AFTER = 0.005, 0.1, 200  # polls without a row until the relay slows down
ASIDE_S = 0.2
LEADING_S = 1.0
EXIT_UNDELIVERED = 70

# A frozen leader must lose the lock, or nothing is published until it wakes.
LIMITS = {"idle_session_timeout": "4s", "lock_timeout": "20s"}

NEXT = "SELECT id, topic, key, headers, value FROM outbox ORDER BY id LIMIT $1"
Row = asyncpg.Record
Connection = asyncpg.Connection


class Relay:
    """A part of a process: the outbox of ``service`` goes to the broker."""

    role = "relay"
    beat_within_s = 60.0

    def __init__(self, settings: Settings, service: str) -> None:
        self.name = f"{service}.relay"
        self.settings = settings
        self.service = service

    def run(self, stop: Event, beat: Callable[[], None]) -> None:
        """Publish until ``stop``; what is in hand is delivered first. Raises what doesn't pass by itself."""
        asyncio.run(self._until(stop, beat))

    async def _until(self, stop: Event, beat: Callable[[], None]) -> None:
        publishing = Publishing(self, beat)
        while not stop.is_set():
            beat()
            try:
                await self._lead(stop, publishing)
            except Exception as error:
                if not database.is_transient(error):
                    raise
                logger().warning("relay.database_lost", part=self.name, error=type(error).__name__)
                publishing.settle()
                await asyncio.sleep(ASIDE_S)

    async def _lead(self, stop: Event, publishing: Publishing) -> None:
        connection = await self._connect()
        try:
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LEADER_LOCK):
                publishing.beat()
                if stop.is_set():
                    return
                await asyncio.sleep(ASIDE_S)
            logger().info("relay.leads", part=self.name)
            await publishing.until(stop, connection)
        finally:
            with suppress(Exception):
                await connection.close(timeout=1)

    async def _connect(self) -> Connection[Row]:
        address = database.dsn(self.settings, self.service)
        server = LIMITS | {"application_name": self.name}
        return await lineage.connect(address, command_timeout_s=30, server_settings=server)


class Publishing:
    """One producer, and what it has not yet delivered."""

    def __init__(self, relay: Relay, beat: Callable[[], None], to: Producer | None = None) -> None:
        self.beat = beat
        self._relay = relay
        self._producer = producer(relay.settings) if to is None else to
        self._left = 0

    async def until(self, stop: Event, connection: Connection[Row]) -> None:
        """Publish while ``connection`` holds the lock. Raises when the database ends the session."""
        idle = 0
        while not stop.is_set():
            self.beat()
            rows = await connection.fetch(NEXT, ROWS_MAX)
            if rows:
                await self._publish(rows, connection)
            idle = 0 if rows else idle + 1
            if not rows:
                self._producer.poll(0)
                await asyncio.sleep(BUSY_S if idle < IDLE_AFTER else IDLE_S)

    def settle(self) -> None:
        """Wait until nothing is under way: what was delivered comes again, and consumers drop the repeat."""
        while self._left:
            self.beat()
            self._producer.poll(0.1)

    async def _publish(self, rows: list[Row], connection: Connection[Row]) -> None:
        self._left += len(rows)
        telemetry.gauge("camledger_outbox_waiting", self._left, service=self._relay.service)
        for row in rows:
            self._produce(row)
        await self._delivered(connection)
        await connection.execute("DELETE FROM outbox WHERE id = ANY($1)", [row["id"] for row in rows])
        telemetry.gauge("camledger_outbox_waiting", 0, service=self._relay.service)

    def _produce(self, row: Row) -> None:
        headers: list[tuple[str, str | bytes | None]] = [*database.json_object(row["headers"]).items()]
        self._producer.produce(
            row["topic"], key=row["key"], value=row["value"], headers=headers, on_delivery=self._reported
        )

    async def _delivered(self, connection: Connection[Row]) -> None:
        asked_at = monotonic()
        while self._left:
            self._producer.poll(0.05)
            if monotonic() - asked_at > LEADING_S:
                asked_at = monotonic()
                self.beat()
                # Raises if the session was ended: then another relay leads.
                await connection.execute("SELECT 1")

    def _reported(self, error: KafkaError | None, message: Any) -> None:  # noqa: ANN401 - a Message without stubs
        if error is not None:
            logger().critical("relay.undelivered", part=self._relay.name, error=error.str(), topic=message.topic())
            sys.stderr.flush()
            os._exit(EXIT_UNDELIVERED)
        self._left -= 1
        telemetry.count("camledger_events_published_total", topic=message.topic())
