"""Bad input of every kind through the API: each is refused or taken, with a clear message and one event."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.ingest.storage.filesystem import UNFINISHED, FilesystemStore
from services.ingest.storage.identity import MARKER
from services.kernel.events import SegmentRecorded, SegmentRefused
from tests.fakes.footage import clip, cut_off
from tests.fakes.ingest_world import IngestWorld, until

SECOND = timedelta(seconds=1)


def broken(world: IngestWorld, plaza: Path, kind: str) -> Path:
    path = world.put(plaza)
    match kind:
        case "empty":
            path.write_bytes(b"")
        case "not_a_video":
            path.write_bytes(b"this is a shopping list\n" * 50)
        case "truncated":
            clip(path, seconds=2.0, kinds=("video",), movflags="+faststart")
            cut_off(path, 0.5)
        case "still_being_written":
            cut_off(path, 0.9)
        case "zero_length":
            clip(path, seconds=0.0, kinds=("video",))
    return path


@pytest.mark.parametrize("kind", ["empty", "not_a_video", "truncated", "still_being_written", "zero_length"])
def test_a_file_that_is_no_whole_footage_is_refused_with_an_event(
    world: IngestWorld, camera: str, plaza: Path, kind: str
) -> None:
    world.camera(camera)
    path = broken(world, plaza, kind)
    answer = world.hand_over(camera, path)
    assert answer.status_code == 422, answer.text
    refusal = world.event("segment.events", SegmentRefused, camera_id=camera)
    assert (refusal.refusal, refusal.explanation) == (answer.json()["refusal"], answer.json()["detail"])
    assert path.name in refusal.explanation
    assert path.exists()
    assert world.stored(camera) == []


def test_another_installations_volume_in_the_place_of_the_running_store_takes_nothing_in(
    world: IngestWorld, camera: str, plaza: Path
) -> None:
    world.camera(camera)
    store = world.home / "ingest" / "store"
    away, other = store.with_name("away"), FilesystemStore.create(store.with_name("other"), "store")
    store.rename(away)
    other.root.rename(store)
    answer = world.hand_over(camera, world.put(plaza))
    left = store.rename(other.root)
    away.rename(store)
    assert (answer.status_code, answer.json()["refusal"]) == (503, "StoreUnreachable")
    assert other.id in answer.json()["detail"]
    assert sorted(path.name for path in left.rglob("*")) == [MARKER, UNFINISHED]
    assert world.hand_over(camera, world.put(plaza, "again.mp4")).status_code == 201


def test_footage_with_a_wrong_extension_is_taken(world: IngestWorld, camera: str, plaza: Path) -> None:
    world.camera(camera)
    assert world.hand_over(camera, world.put(plaza, f"{camera}.txt")).status_code == 201


def test_sound_is_taken_out_where_the_policy_forbids_it(world: IngestWorld, camera: str, loud: Path) -> None:
    world.camera(camera, "spd-cctv")
    answer = world.hand_over(camera, world.put(loud))
    assert (answer.status_code, answer.json()["treatment"]) == (201, "audio_removed")
    recorded = world.event("segment.events", SegmentRecorded, camera_id=camera)
    assert (recorded.has_audio, recorded.treatment) == (False, "audio_removed")


def test_the_same_file_with_sound_twice_is_one_segment(world: IngestWorld, camera: str, loud: Path) -> None:
    world.camera(camera, "spd-cctv")
    path = world.put(loud)
    assert [world.hand_over(camera, path).status_code for _ in range(2)] == [201, 200]


@pytest.mark.parametrize("year", [1970, 2099])
def test_an_implausible_clock_is_quarantined(world: IngestWorld, camera: str, tmp_path: Path, year: int) -> None:
    world.camera(camera)
    made = clip(tmp_path / "c.mp4", seconds=2.0, kinds=("video",), created=f"{year}-01-02T00:00:00.000000Z")
    answer = world.hand_over(camera, world.put(made))
    assert (answer.status_code, answer.json()["refusal"]) == (422, "ImplausibleClock")
    refusal = world.event("segment.events", SegmentRefused, camera_id=camera)
    assert refusal.quarantined_at.startswith(f"quarantine:{camera}/")
    assert (world.home / "ingest" / "quarantine" / refusal.quarantined_at.partition(":")[2]).exists()


def test_the_same_file_twice_is_one_segment_and_one_event(world: IngestWorld, camera: str, plaza: Path) -> None:
    world.camera(camera)
    path = world.put(plaza)
    first, second = world.hand_over(camera, path), world.hand_over(camera, path)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["outcome"] == "already_have"
    assert first.json()["segment_id"] == second.json()["segment_id"]
    world.event("segment.events", SegmentRecorded, camera_id=camera)
    recorded = [e for e in world.events("segment.events", SegmentRecorded) if e.camera_id == camera]
    assert (len(recorded), len(world.stored(camera))) == (1, 1)


def test_the_same_start_with_other_bytes_is_a_conflict_and_overwrites_nothing(
    world: IngestWorld, camera: str, plaza: Path, tmp_path: Path
) -> None:
    world.camera(camera)
    start = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    assert world.hand_over(camera, world.put(plaza), started_at=start).status_code == 201
    before = world.stored(camera)[0].read_bytes()
    other = clip(tmp_path / "other.mp4", seconds=1.0, kinds=("video",))
    answer = world.hand_over(camera, world.put(other), started_at=start)
    assert (answer.status_code, answer.json()["refusal"]) == (409, "OtherBytesKnown")
    assert world.event("segment.events", SegmentRefused, camera_id=camera).quarantined_at
    assert [path.read_bytes() for path in world.stored(camera)] == [before]


def test_an_unknown_camera_is_refused_once(world: IngestWorld, camera: str, plaza: Path) -> None:
    path = world.put(plaza)
    answers = [world.hand_over(camera, path) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [404, 404]
    until("the refusal is on the log", lambda: world.refused(camera))
    assert world.refused(camera) == ["UnknownCamera"]


def test_a_camera_that_no_policy_binds_takes_nothing_in(world: IngestWorld, camera: str, plaza: Path) -> None:
    body = {"camera_id": camera, "kind": "fixed"}
    assert world.call("POST", "/cameras", json=body).status_code == 201
    assert world.hand_over(camera, world.put(plaza)).json()["refusal"] == "NoPolicyBinds"


def test_a_path_with_spaces_and_chinese_is_taken(world: IngestWorld, camera: str, plaza: Path) -> None:
    world.camera(camera)
    answer = world.hand_over(camera, world.put(plaza, f"大安 森林公園 {camera}.mp4"))
    assert answer.status_code == 201, answer.text


def test_footage_that_is_old_and_not_attested_is_quarantined(world: IngestWorld, camera: str, plaza: Path) -> None:
    world.camera(camera)
    path = world.put(plaza)
    old = (datetime.now(UTC) - timedelta(days=30)).timestamp()
    os.utime(path, (old, old))
    assert world.hand_over(camera, path).json()["refusal"] == "Unattested"


def test_a_file_outside_the_allowed_folders_is_refused(world: IngestWorld, camera: str, plaza: Path) -> None:
    assert world.hand_over(camera, plaza).json()["refusal"] == "OutsideRoots"


def test_an_upload_is_taken_as_a_file_is(world: IngestWorld, camera: str, plaza: Path) -> None:
    world.camera(camera)
    answer = world.call("PUT", f"/files/{camera}", content=plaza.read_bytes(), params={"name": "a b.mp4"})
    assert answer.status_code == 201, answer.text
    assert not list((world.home / "ingest" / "uploads").iterdir())


def test_body_worn_footage_without_a_shift_is_refused_by_its_clause(
    world: IngestWorld, camera: str, plaza: Path
) -> None:
    world.camera(camera, "npa-bwc", kind="body_worn", device_owner="public")
    answer = world.hand_over(camera, world.put(plaza))
    assert (answer.status_code, answer.json()["clauses"]) == (422, ["NPA-01", "NPA-02"])
    assert world.hand_over(camera, world.put(plaza), shift="s1", officer="p-1").status_code == 201


def test_a_live_only_plan_stores_nothing(world: IngestWorld, camera: str, plaza: Path) -> None:
    world.camera(camera, "taipei-live")
    answer = world.hand_over(camera, world.put(plaza))
    assert (answer.status_code, answer.json()["refusal"]) == (422, "PolicyRefuses")
    assert world.stored(camera) == []


def test_silence_between_two_segments_of_a_fixed_camera_is_a_gap(world: IngestWorld, camera: str, plaza: Path) -> None:
    world.camera(camera)
    early, late = world.put(plaza), world.put(plaza)
    then = datetime.now(UTC).timestamp() - 120
    os.utime(early, (then, then))
    assert [world.hand_over(camera, path).status_code for path in (early, late)] == [201, 201]
    (gap,) = world.call("GET", "/gaps", params={"camera": camera}).json()["gaps"]
    length = datetime.fromisoformat(gap["gap_to"]) - datetime.fromisoformat(gap["gap_from"])
    assert 115 * SECOND < length < 125 * SECOND
