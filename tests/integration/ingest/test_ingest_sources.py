"""Sources: added while the service runs, each with its clock, its zone and its state. Real Kafka and Postgres."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from services.kernel.events import ActRefused, SegmentRecorded
from tests.fakes.ingest_world import IngestWorld, until

TAIPEI = ZoneInfo("Asia/Taipei")
PATTERN = "*_%Y%m%d_%H%M%S"


def body(camera: str, folder: Path | None = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    watched = folder is not None
    source = {"source_id": f"s-{camera}", "camera_id": camera, "zone": "Asia/Taipei", "name_pattern": PATTERN}
    return source | {"folder": str(folder or ""), "watched": watched, "afterwards": "move"} | more


def named(at: datetime) -> str:
    return f"PICT0001_{at.astimezone(TAIPEI):%Y%m%d_%H%M%S}.mp4"


def state(world: IngestWorld, source_id: str) -> dict[str, Any]:
    listed = world.call("GET", "/sources").json()["sources"]
    return next(each for each in listed if each["source_id"] == source_id)


def minutes_ago(minutes: int) -> datetime:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).replace(microsecond=0)


def test_a_folder_added_at_run_time_is_watched_without_a_restart(world: IngestWorld, camera: str, plaza: Path) -> None:
    world.camera(camera)
    folder = world.inbox / f"攝影機 一 {camera}"
    (folder / "子 資料夾").mkdir(parents=True)
    assert world.call("POST", "/sources", json=body(camera, folder)).status_code == 201
    at = minutes_ago(20)
    target = folder / "子 資料夾" / named(at)
    target.write_bytes(plaza.read_bytes())
    recorded = world.event("segment.events", SegmentRecorded, camera_id=camera)
    assert (recorded.started_at, recorded.clock_source, recorded.source_id) == (at, "file_name", f"s-{camera}")
    until("moved aside", lambda: (folder / "taken" / "子 資料夾" / target.name).exists() and not target.exists())


def test_a_source_tells_its_last_file_what_it_refused_and_since_when_it_is_silent(
    world: IngestWorld, camera: str, plaza: Path
) -> None:
    world.camera(camera)
    folder = world.inbox / camera
    folder.mkdir()
    world.call("POST", "/sources", json=body(camera, folder))
    until("watched", lambda: state(world, f"s-{camera}")["watched_at"])
    (folder / named(minutes_ago(30))).write_bytes(plaza.read_bytes())
    (folder / "notes.txt").write_text("no footage")
    found = until("both", lambda: (s := state(world, f"s-{camera}"))["taken"] and s["refused"] and s)
    assert (found["taken"], found["refused"], found["refusal"]) == (1, 1, "NotAVideo")
    assert found["last_refused"].endswith("notes.txt")
    assert datetime.now(UTC) - datetime.fromisoformat(found["silent_since"]) < timedelta(minutes=5)
    until("nothing waits", lambda: state(world, f"s-{camera}")["waiting"] == 0)


def test_a_docked_file_of_a_known_source_begins_by_that_sources_clock(
    world: IngestWorld, camera: str, plaza: Path
) -> None:
    world.camera(camera)
    assert world.call("POST", "/sources", json=body(camera)).status_code == 201
    at = minutes_ago(90)
    taken = world.hand_over(camera, world.put(plaza, named(at)), source_id=f"s-{camera}")
    assert (taken.status_code, datetime.fromisoformat(taken.json()["started_at"])) == (201, at)
    later = at + timedelta(minutes=10)
    query = {"name": named(later), "source_id": f"s-{camera}"}
    sent = world.call("PUT", f"/files/{camera}", params=query, content=plaza.read_bytes())
    assert datetime.fromisoformat(sent.json()["started_at"]) == later
    assert state(world, f"s-{camera}")["taken"] == 2


def test_a_source_of_another_camera_gives_no_file_and_takes_no_folder(
    world: IngestWorld, camera: str, plaza: Path
) -> None:
    world.camera(camera)
    world.camera(f"{camera}-b")
    world.call("POST", "/sources", json=body(camera))
    given = world.hand_over(f"{camera}-b", world.put(plaza), source_id=f"s-{camera}")
    assert (given.status_code, given.json()["refusal"]) == (409, "SourceOfAnotherCamera")
    again = world.call("POST", "/sources", json=body(f"{camera}-b", source_id=f"s-{camera}"))
    assert (again.status_code, again.json()["refusal"]) == (409, "SourceKnown")
    refused = world.event("camera.events", ActRefused, subject=f"s-{camera}", act="source add")
    assert refused.refusal == "SourceKnown"


def test_a_folder_outside_the_allowed_ones_or_of_another_source_is_not_watched(
    world: IngestWorld, camera: str, tmp_path: Path
) -> None:
    world.camera(camera)
    outside = world.call("POST", "/sources", json=body(camera, tmp_path))
    assert (outside.status_code, outside.json()["refusal"]) == (403, "OutsideRoots")
    mine = world.inbox / camera / "inner"
    mine.mkdir(parents=True)
    assert world.call("POST", "/sources", json=body(camera, mine.parent)).status_code == 201
    nested = world.call("POST", "/sources", json=body(camera, mine, source_id="other"))
    assert (nested.status_code, nested.json()["refusal"]) == (409, "FolderWatched")
    wrong = world.call("POST", "/sources", json=body(camera, zone="Asia/Nowhere"))
    assert (wrong.status_code, wrong.json()["refusal"]) == (422, "SourceUnusable")


def test_a_broken_file_of_sources_stops_nothing_that_was_watched(stopped: IngestWorld, plaza: Path) -> None:
    stopped.start()
    stopped.camera("cam-1")
    folder = stopped.inbox / "one"
    folder.mkdir()
    stopped.call("POST", "/sources", json=body("cam-1", folder))
    until("watched", lambda: state(stopped, "s-cam-1")["watched_at"])
    file = stopped.home / "ingest" / "sources.yaml"
    kept = yaml.safe_load(file.read_text("utf-8"))
    file.write_text("sources: [{source_id: x", "utf-8")
    until("told", lambda: stopped.call("GET", "/sources").json().get("refusal") == "SourcesBroken")
    (folder / named(minutes_ago(30))).write_bytes(plaza.read_bytes())
    stopped.event("segment.events", SegmentRecorded, camera_id="cam-1")
    file.write_text(yaml.safe_dump(kept), "utf-8")
    assert state(stopped, "s-cam-1")["taken"] == 1
