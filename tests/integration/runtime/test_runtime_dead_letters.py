"""Bad records are put aside with their bytes; what follows of the same key waits, and comes back in order."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kernel.envelope import Actor
from services.kernel.events import RecordDiscarded
from services.runtime import database, kafka_read
from services.runtime.deadletter import Discarding, Settling
from services.runtime.discarded import tell_through
from services.runtime.outbox import Outbox
from services.runtime.received import Received, Spoiled
from services.runtime.refusal import Refusal
from services.runtime.relay import Relay
from services.runtime.worker import Worker
from tests.fakes.ledger import CONSUMER, INPUTS, NUL, POISON, SERVICE, Ledger, card
from tests.fakes.ledger_world import Running, World, until

A, B = "cam-a", "cam-b"


class Mended(Ledger):
    """The next version of the handler: it takes what the first one rejected."""

    poison = ""


def handler(world: World) -> Ledger:
    return Ledger(Outbox(SERVICE, world.codec, world.settings))


def worker(world: World, **more: object) -> Worker:
    return Worker(CONSUMER, INPUTS, handler(world), world.settings, SERVICE, world.codec, **more)  # type: ignore[arg-type]


def letters(world: World) -> list[tuple[str, str, int]]:
    found = world.rows('SELECT kind, key, "offset" FROM dead_letter ORDER BY id')
    return [(row.kind, bytes(row.key).decode(), row.offset) for row in found]


T = TypeVar("T")


def settle(world: World, act: Callable[[Settling, AsyncConnection, int], Awaitable[T]], *, mended: bool = True) -> T:
    letter_id = first_letter(world)

    async def run() -> T:
        outbox = Outbox(SERVICE, world.codec, world.settings)
        settling = Settling(CONSUMER, (Mended if mended else Ledger)(outbox), world.codec, tell_through(outbox))
        engine = database.engine(world.settings, SERVICE, pool=1)
        try:
            async with engine.begin() as tx:
                return await act(settling, tx, letter_id)
        finally:
            await engine.dispose()

    return asyncio.run(run())


def retried(world: World) -> int:
    return settle(world, lambda settling, tx, letter: settling.retry(tx, letter, "p-0001"))


def discarded(world: World, person: str) -> Discarding:
    by = Actor(id=person, role="platform_admin")
    return settle(world, lambda settling, tx, letter: settling.discard(tx, letter, by), mended=False)


def first_letter(world: World) -> int:
    return int(world.rows("SELECT min(id) FROM dead_letter WHERE kind = 'bad' AND settled_at IS NULL")[0][0])


def poisoned(world: World, said: str = POISON) -> None:
    """Let a worker meet one bad record of A, with good ones of A and B around it."""
    world.feed([card(A, 1), card(B, 1), card(A, 2, said), card(A, 3), card(B, 2), card(A, 4)])
    with Running(worker(world)):
        until(lambda: len(world.said()) == 3 and len(letters(world)) == 3)


@pytest.mark.parametrize("said", [POISON, NUL])
def test_a_rejected_record_parks_its_key_and_no_other(world: World, said: str) -> None:
    poisoned(world, said)
    assert sorted(world.said()) == [(A, 1), (B, 1), (B, 2)]
    assert [(kind, key) for kind, key, _ in letters(world)] == [("bad", A), ("parked", A), ("parked", A)]


def test_a_retry_applies_the_bad_record_and_the_waiting_ones_in_their_order(world: World) -> None:
    poisoned(world)
    assert retried(world) == 3
    world.feed([card(A, 5)])
    with Running(worker(world)):
        until(lambda: (A, 5) in world.said())
    assert [version for camera, version in world.said() if camera == A] == [1, 2, 3, 4, 5]
    assert world.rows("SELECT * FROM blocked_key") == []


@pytest.mark.parametrize("said", [POISON, NUL])
def test_a_retry_of_what_is_rejected_still_is_refused_with_reason_and_remedy_and_changes_nothing(
    world: World, said: str
) -> None:
    poisoned(world, said)
    before = world.rows("SELECT * FROM dead_letter ORDER BY id")
    with pytest.raises(Refusal, match=f"StillRejected: {CONSUMER} can't take segment.events/\\d+/\\d+: ") as refused:
        settle(world, lambda settling, tx, letter: settling.retry(tx, letter, "p-0001"), mended=False)
    assert (refused.value.status, refused.value.remedy[:11]) == (409, "Install the")
    assert world.rows("SELECT * FROM dead_letter ORDER BY id") == before


@pytest.mark.parametrize("said", [POISON, NUL])
def test_what_is_rejected_behind_a_discarded_record_is_the_next_bad_one_and_can_be_discarded(
    world: World, said: str
) -> None:
    world.feed([card(A, 1, said), card(A, 2), card(A, 3, said), card(A, 4)])
    with Running(worker(world)):
        until(lambda: len(letters(world)) == 4)
    discarded(world, "p-0001")
    assert discarded(world, "p-0002").applied == 1
    open_now = world.rows("SELECT kind FROM dead_letter WHERE settled_at IS NULL ORDER BY id")
    assert ([row.kind for row in open_now], world.said()) == (["bad", "parked"], [(A, 2)])
    discarded(world, "p-0001")
    assert discarded(world, "p-0002").applied == 1
    assert (world.said(), world.rows("SELECT * FROM blocked_key")) == ([(A, 2), (A, 4)], [])


def test_a_discard_by_two_persons_gives_up_the_bad_record_alone(world: World) -> None:
    poisoned(world)
    assert discarded(world, "p-0001") == Discarding(state="proposed", proposed_by="p-0001")
    assert [version for camera, version in world.said() if camera == A] == [1]
    assert discarded(world, "p-0002") == Discarding(state="discarded", proposed_by="p-0001", applied=2)
    assert [version for camera, version in world.said() if camera == A] == [1, 3, 4]
    settled = [row.outcome for row in world.rows("SELECT outcome FROM dead_letter ORDER BY id")]
    assert settled == ["discarded", "retried", "retried"]


def test_who_proposed_a_discard_does_not_confirm_it_and_nothing_is_told(world: World) -> None:
    poisoned(world)
    discarded(world, "p-0001")
    with pytest.raises(Refusal, match="FourEyesNeeded"):
        discarded(world, "p-0001")
    assert [kind for kind, _, _ in letters(world)] == ["bad", "parked", "parked"]
    assert told(world) == []


def test_the_log_says_which_two_gave_which_record_up(world: World) -> None:
    world.feed_bytes(b"\x01garbage", A)
    with Running(worker(world)):
        until(lambda: len(letters(world)) == 1)
    for person in ("p-0001", "p-0002"):
        discarded(world, person)
    with Running(Relay(world.settings, SERVICE)):
        until(lambda: not world.rows("SELECT 1 FROM outbox"))
    (event,) = told(world)
    assert (event.consumer, event.persons, event.applied) == (CONSUMER, ("p-0001", "p-0002"), 0)
    assert event.sha256 == hashlib.sha256(b"\x01garbage").digest()


def told(world: World) -> list[RecordDiscarded]:
    records = kafka_read.read_to_end(world.settings, "retention.events", world.codec)
    events = [record.recorded.event for record in records if isinstance(record, Received)]
    return [event for event in events if isinstance(event, RecordDiscarded)]


def test_bytes_that_nobody_can_read_reach_the_dead_letter_topic_unchanged(world: World) -> None:
    garbage = [
        b"",
        b"\x00\x00\x00\x00",
        b"\x01garbage",
        b"\x00\x00\x00\x27\x0fnothing",
        b"\x00\x00\x00\x00\x08\xff\xff",
    ]
    for number, value in enumerate(garbage):
        world.feed_bytes(value, f"cam-{number}")
    with Running(worker(world)), Running(Relay(world.settings, SERVICE)):
        until(lambda: len(letters(world)) == len(garbage))
        until(lambda: not world.rows("SELECT 1 FROM outbox"))
    found = [*kafka_read.read_to_end(world.settings, "dead-letter.retention", world.codec)]
    assert sorted(record.raw for record in found if isinstance(record, Spoiled)) == sorted(garbage)
    assert all(record.headers["dead_letter_reason"] for record in found)


def test_a_record_that_stays_unreadable_is_not_retried_but_can_be_discarded(world: World) -> None:
    world.feed_bytes(b"\x01garbage", A)
    world.feed([card(A, 1)])
    with Running(worker(world)):
        until(lambda: len(letters(world)) == 2)
    with pytest.raises(Refusal, match="StillUndecodable"):
        retried(world)
    discarded(world, "p-0001")
    assert discarded(world, "p-0002").applied == 1
    assert world.said() == [(A, 1)]


def test_a_worker_may_park_for_itself_and_then_hears_of_bad_records_in_log_order(world: World) -> None:
    heard: list[tuple[int, int]] = []

    async def note(tx: AsyncConnection, record: Spoiled) -> None:
        rows = (await tx.exec_driver_sql("SELECT count(*) FROM ledger")).scalar_one()
        heard.append((record.offset, rows))

    world.feed([card(A, 1), card(A, 2)])
    world.feed_bytes(b"\x01garbage", A)
    world.feed([card(A, 3)])
    with Running(worker(world, on_undecodable=note)):
        until(lambda: len(world.said()) == 3)
    assert heard == [(2, 2)]
    assert world.rows("SELECT * FROM blocked_key") == []
    assert [(kind, offset) for kind, _, offset in letters(world)] == [("bad", 2)]
