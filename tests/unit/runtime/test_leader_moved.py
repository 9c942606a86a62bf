"""A partition's leader moves: who is just assigned it asks again, and what no error type catches still ends us."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import cast

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from services.runtime.consumer import Unanswered, watermarks
from services.runtime.process import EXIT_FAILED, Part, Running

PARTITION = TopicPartition("camledger.hold.events.v1", 0)


class Leaderless:
    """A consumer whose partition has no leader for the first few times that it is asked."""

    def __init__(self, code: int, times: int) -> None:
        self._code, self._left = code, times

    def get_watermark_offsets(self, _partition: TopicPartition, *, timeout: float) -> tuple[int, int]:
        assert timeout > 0
        if self._left:
            self._left -= 1
            raise KafkaException(KafkaError(self._code))
        return 3, 7


class Panicking:
    """A part in which a library raises an object that is no exception, as confluent_kafka does from a callback."""

    name, role, beat_within_s = "panicking", "worker", 30.0

    def run(self, _stop: Event, _beat: Callable[[], None]) -> None:
        raise KafkaError(KafkaError.NOT_LEADER_FOR_PARTITION)  # type: ignore[misc]


def asked(code: int, times: int, within_s: float = 10.0) -> tuple[int, int]:
    beats: list[None] = []
    found = watermarks(cast("Consumer", Leaderless(code, times)), PARTITION, lambda: beats.append(None), within_s)
    assert len(beats) == times
    return found


def test_a_worker_asks_again_while_its_partition_has_no_leader() -> None:
    assert asked(KafkaError.NOT_LEADER_FOR_PARTITION, times=2) == (3, 7)
    assert asked(KafkaError.LEADER_NOT_AVAILABLE, times=1) == (3, 7)


def test_a_worker_gives_up_when_no_leader_comes() -> None:
    with pytest.raises(Unanswered):
        asked(KafkaError.NOT_LEADER_FOR_PARTITION, times=100, within_s=0.01)


def test_what_does_not_pass_by_itself_is_raised_at_once() -> None:
    with pytest.raises(Unanswered):
        asked(KafkaError.TOPIC_AUTHORIZATION_FAILED, times=1)


def test_a_part_that_raises_what_is_no_exception_still_ends_the_process_as_failed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    part: Part = Panicking()
    assert Running([part], Event()).until_stopped() == EXIT_FAILED
    assert "NOT_LEADER_FOR_PARTITION" in capsys.readouterr().err
