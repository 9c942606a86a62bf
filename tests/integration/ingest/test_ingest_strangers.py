"""What a person with a token and no business in it can't see or ask of ingest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.fakes.ingest_world import IngestWorld


def test_who_wore_a_camera_is_told_to_insiders_alone(world: IngestWorld, camera: str, plaza: Path) -> None:
    world.camera(camera)
    started = datetime.now(UTC).replace(microsecond=0)
    body = {"path": str(world.put(plaza)), "camera_id": camera, "officer": "p-0031", "started_at": started.isoformat()}
    assert world.call("POST", "/files", json=body).status_code == 201
    where = f"/segments/{camera}/{started.isoformat()}"
    mine, theirs = (world.call("GET", where, who).json()["generations"][0] for who in ("keeper", "clerk"))
    assert (mine["officer"], theirs["officer"], theirs["location"]) == ("p-0031", "", "")
    assert theirs["sha256"] == mine["sha256"]
    listed = world.call("GET", "/segments", "clerk", params={"from": started.isoformat(), "camera": camera})
    assert "p-0031" not in listed.text
    assert world.call("GET", f"{where}/manifest", "clerk").status_code == 403


@pytest.mark.parametrize("path", ["/differences", "/refusals"])
def test_places_and_paths_are_told_to_insiders_alone(world: IngestWorld, path: str) -> None:
    assert world.call("GET", path, "clerk").status_code == 403
    assert world.call("GET", path, "keeper").status_code == 200


@pytest.mark.parametrize(
    "path", ["/refusals?most=-1", "/gaps?most=1000000", f"/holds/{'0' * 8}-0000-0000-0000-{'0' * 12}/answer?offset=-9"]
)
def test_nobody_asks_for_less_than_nothing_or_for_everything_at_once(world: IngestWorld, path: str) -> None:
    assert world.call("GET", path).status_code == 422


@pytest.mark.parametrize("path", ["/cameras/%00", "/gaps?camera=%00"])
def test_an_id_that_no_table_can_hold_is_the_callers_fault(world: IngestWorld, path: str) -> None:
    answer = world.call("GET", path, "clerk")
    assert (answer.status_code, answer.json()["refusal"]) == (422, "Invalid")


def test_more_than_one_event_can_hold_is_refused_and_the_relay_goes_on(world: IngestWorld, camera: str) -> None:
    body = {"camera_id": camera, "values": {"note": "x" * 950_000}}
    answer = world.call("POST", "/cameras", json=body)
    assert (answer.status_code, answer.json()["refusal"]) == (413, "TooMuchToRecord")
    assert world.call("POST", "/cameras", json=body | {"values": {}}).status_code == 201
