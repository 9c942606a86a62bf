"""Two stores inside the running service: proved copies, cards, both destroyed together, and what differs is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from services.kernel.batches import SegmentKey
from services.kernel.events import CardCleared, DifferenceFound, SegmentDestroyed, SegmentRecorded, SegmentReplicated
from services.kernel.ids import micros
from tests.conftest import Addresses
from tests.fakes.ingest_world import IngestWorld, until
from tests.integration.ingest.conftest import made
from tests.integration.ingest.test_ingest_protocol import sql


@pytest.fixture(scope="module")
def two(stack: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[IngestWorld]:
    """A running world with a replica on a folder of its own, compared with its stores again and again."""
    home = tmp_path_factory.mktemp("two")
    running = made(stack, home)
    with closing(running):
        world = next(running)
        world.start(CAMLEDGER_INGEST_REPLICA=str(home / "replica"), CAMLEDGER_INGEST_COMPARE_EVERY_S="0.3")
        yield world


def replica(world: IngestWorld, camera: str) -> list[Path]:
    return [path for path in (world.home / "replica" / camera).rglob("*") if path.is_file()]


def replicated(world: IngestWorld, camera: str, plaza: Path, days_ago: float = 120) -> SegmentKey:
    world.camera(camera)
    key = world.old_footage(camera, plaza, days_ago=days_ago)
    world.event("segment.events", SegmentReplicated, camera_id=camera)
    return key


def found(world: IngestWorld, camera: str, difference: str) -> list[DifferenceFound]:
    events = world.events("segment.events", DifferenceFound)
    return [e for e in events if e.difference == difference and camera in f"{e.camera_id} {e.location}"]


def test_a_replica_is_compared_in_both_directions_before_it_counts(two: IngestWorld, camera: str, plaza: Path) -> None:
    replicated(two, camera, plaza)
    event = two.event("segment.events", SegmentReplicated, camera_id=camera)
    recorded = two.event("segment.events", SegmentRecorded, camera_id=camera)
    assert (event.verified_forward, event.verified_backward) == (True, True)
    assert (event.location, event.sha256) == (f"replica:{recorded.location}", recorded.sha256)
    assert [path.read_bytes() for path in replica(two, camera)] == [plaza.read_bytes()]


def test_a_card_is_cleared_only_after_the_proved_copy_of_what_was_on_it(
    two: IngestWorld, camera: str, plaza: Path
) -> None:
    two.camera(camera)
    refused = two.call("POST", f"/cards/card-{camera}/clear", json={"camera_id": camera})
    assert (refused.status_code, refused.json()["refusal"]) == (409, "BackupNotConfirmed")
    two.hand_over(camera, two.put(plaza), source_id=f"card-{camera}")
    two.event("segment.events", SegmentReplicated, camera_id=camera)
    cleared = two.call("POST", f"/cards/card-{camera}/clear", json={"camera_id": camera})
    assert (cleared.status_code, cleared.json()["segments"]) == (201, 1)
    assert two.event("segment.events", CardCleared, camera_id=camera).card_id == f"card-{camera}"


def test_the_replica_is_destroyed_with_its_original_and_both_answers_stand_in_the_receipt(
    two: IngestWorld, camera: str, plaza: Path
) -> None:
    key = replicated(two, camera, plaza)
    two.access.clear([key])
    receipt = two.event("segment.events", SegmentDestroyed, camera_id=camera)
    assert sorted(each.location.partition(":")[0] for each in receipt.answers) == ["replica", "store"]
    assert {each.answer for each in receipt.answers} == {"absent"}
    assert (two.stored(camera), replica(two, camera)) == ([], [])


def test_a_copy_that_lands_after_its_footage_was_destroyed_goes_too(two: IngestWorld, camera: str, plaza: Path) -> None:
    key = replicated(two, camera, plaza)
    (copy,) = replica(two, camera)
    two.access.clear([key])
    until("gone", lambda: two.state(key) == "gone")
    # A replicator that was frozen over its copy while custody destroyed the footage.
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(plaza.read_bytes())
    sql(two, f"insert into replica_due values ('{camera}', {micros(key.started_at)}, {key.generation})")
    until("gone too", lambda: not copy.exists())
    assert len([e for e in two.events("segment.events", SegmentDestroyed) if e.camera_id == camera]) == 1


def test_missing_bytes_of_kept_footage_are_said_once_and_counted_until_they_are_back(
    two: IngestWorld, camera: str, plaza: Path
) -> None:
    replicated(two, camera, plaza)
    (path,) = two.stored(camera)
    path.rename(path.with_name(".away"))
    until("said", lambda: found(two, camera, "missing_bytes"))
    assert until("counted", lambda: two.status()["differences"]["missing_bytes"]) == 1
    path.with_name(".away").rename(path)
    until("mended", lambda: two.status()["differences"]["missing_bytes"] == 0)
    assert len(found(two, camera, "missing_bytes")) == 1


def test_bytes_that_nobody_knows_and_bytes_that_are_others_are_said(two: IngestWorld, camera: str, plaza: Path) -> None:
    replicated(two, camera, plaza)
    (copy,) = replica(two, camera)
    copy.write_bytes(copy.read_bytes()[:-1])
    copy.with_name("stray.mp4").write_bytes(b"whose?")
    until("other", lambda: found(two, camera, "other_hash"))
    until("unknown", lambda: found(two, camera, "unknown_bytes"))
    copy.with_name("stray.mp4").unlink()
    copy.write_bytes(plaza.read_bytes())
    until("mended", lambda: set(two.status()["differences"].values()) == {0})
