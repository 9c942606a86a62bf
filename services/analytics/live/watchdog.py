"""Ends the process when records wait and nothing moves: Faust was seen to stall for 40 seconds without a word."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from threading import Event, Thread
from time import monotonic

from confluent_kafka import Consumer, KafkaException, TopicPartition

from services.runtime.logs import logger
from services.runtime.settings import Settings

EVERY_S = 2.0
STALLED_AFTER_S = 60.0
ASK_S = 5.0
EXIT_STALLED = 70

Position = tuple[int, int]
"""Records behind, and the sum of committed offsets: the second moves whenever anything was taken in."""


class Watchdog:
    """Asks the broker itself, from a thread of its own: a stalled event loop can't answer for itself."""

    def __init__(self, ask: Callable[[], Position], end: Callable[[], None], stalled_after_s: float) -> None:
        self._ask, self._end, self._stalled_after_s = ask, end, stalled_after_s
        self.lag = 0
        self._committed, self._moved_at = -1, 0.0

    def look(self, now: float) -> None:
        """Compare with the last look; end the process when records waited too long without anything moving."""
        self.lag, committed = self._ask()
        if committed != self._committed or self.lag == 0:
            self._committed, self._moved_at = committed, now
        elif now - self._moved_at > self._stalled_after_s:
            logger().error("live.stalled", lag=self.lag, seconds=round(now - self._moved_at))
            self._end()

    def start(self, stop: Event) -> Thread:
        """Look regularly until ``stop``."""
        thread = Thread(target=self._watch, args=(stop,), name="live.watchdog", daemon=True)
        thread.start()
        return thread

    def _watch(self, stop: Event) -> None:
        self._moved_at = monotonic()
        while not stop.wait(EVERY_S):
            try:
                self.look(monotonic())
            except KafkaException as error:
                # A broker that is down is told by everybody else; the windows just grow old, and say so.
                logger().warning("live.lag_unknown", error=str(error))


def lag_of(settings: Settings, group: str, topic: str) -> Callable[[], Position]:
    """Return how to ask the broker how far the group is behind on a topic."""
    own: dict[str, str | int | bool] = {"group.id": group, "enable.auto.commit": False}

    def ask() -> Position:
        with closing(Consumer(dict(settings.client(**own)))) as consumer:
            name = settings.topic(topic)
            partitions = consumer.list_topics(name, timeout=ASK_S).topics[name].partitions
            asked = [TopicPartition(name, partition) for partition in partitions]
            lag = total = 0
            for committed in consumer.committed(asked, timeout=ASK_S):
                low, high = consumer.get_watermark_offsets(committed, timeout=ASK_S)
                at = max(low, committed.offset)
                lag, total = lag + max(0, high - at), total + at
            return lag, total

    return ask


def end_process() -> None:
    """End at once, without a drain: what hangs would hang there, too."""
    os._exit(EXIT_STALLED)
