"""From a file to its receipt, on a real broker and a real database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from services.ingest.plain import iso
from services.kernel.events import (
    ActRefused,
    BatchAnswered,
    DestructionStarted,
    HoldApplied,
    SegmentDestroyed,
    SegmentRecorded,
    SegmentTransferred,
)
from services.kernel.scope import Scope
from tests.fakes.ingest_world import IngestWorld, until


def test_a_file_is_cleared_destroyed_and_leaves_a_receipt(world: IngestWorld, camera: str, plaza: Path) -> None:
    world.camera(camera)
    key = world.old_footage(camera, plaza, days_ago=120)
    recorded = world.event("segment.events", SegmentRecorded, camera_id=camera)
    batch = world.access.clear([key])
    receipt = world.event("segment.events", SegmentDestroyed, camera_id=camera)
    started = world.event("segment.events", DestructionStarted, camera_id=camera)
    assert receipt.batch_id == started.batch_id == batch
    assert (receipt.sha256, receipt.answers[0].answer) == (recorded.sha256, "absent")
    assert until("gone", lambda: world.state(key) == "gone")
    assert world.stored(camera) == []
    assert world.event("custody.events", BatchAnswered, batch_id=batch).answers[0].outcome == "destroying"


def test_receipts_are_listed_by_camera_and_by_when_their_footage_began(
    world: IngestWorld, camera: str, plaza: Path
) -> None:
    world.camera(camera)
    gone, kept = (world.old_footage(camera, plaza, days_ago=days) for days in (120, 110))
    world.access.clear([gone])
    world.event("segment.events", SegmentDestroyed, camera_id=camera)
    found = until("receipt", lambda: world.call("GET", "/receipts", params={"camera": camera}).json()["receipts"])
    assert [(r["started_at"], r["generation"]) for r in found] == [(iso(gone.started_at), 1)]
    assert found[0]["rule_ids"]
    assert found[0]["answers"][0]["answer"] == "absent"
    assert {"destroyed_at", "method", "place", "destroyed_by", "size_bytes", "sha256"} <= set(found[0])
    later = {"camera": camera, "from": iso(kept.started_at)}
    assert world.call("GET", "/receipts", params=later).json() == {"receipts": [], "complete": True}


def test_a_transfer_is_recorded_once_and_only_for_access(world: IngestWorld, camera: str, plaza: Path) -> None:
    world.camera(camera)
    key = world.old_footage(camera, plaza, days_ago=20)
    recorded = world.event("segment.events", SegmentRecorded, camera_id=camera)
    body = {"generation": 1, "sha256": bytes(recorded.sha256).hex(), "case_number": "25-1", "repository_id": "r-1"}
    body |= {"request_id": str(uuid4()), "person": "p-lin", "role": "internal", "policy_version": "spd-cctv/1"}
    path = f"/segments/{camera}/{iso(key.started_at)}/transfer"
    assert world.call("POST", path, json=body).status_code == 403
    assert [world.call("POST", path, "access", json=body).status_code for _ in range(2)] == [201, 201]
    other = world.call("POST", path, "access", json=body | {"sha256": "0" * 64})
    assert (other.status_code, other.json()["refusal"]) == (409, "OtherBytes")
    moved = world.event("segment.events", SegmentTransferred, camera_id=camera)
    assert (moved.case_number, moved.repository_id, moved.sha256) == ("25-1", "r-1", recorded.sha256)
    assert len([e for e in world.events("segment.events", SegmentTransferred) if e.camera_id == camera]) == 1


def test_footage_under_hold_is_secured_and_its_deletion_refused(world: IngestWorld, camera: str, plaza: Path) -> None:
    world.camera(camera)
    key = world.old_footage(camera, plaza, days_ago=120)
    hold = world.access.place(Scope(cameras=(camera,), starts_at=key.started_at - timedelta(days=1)))
    applied = world.event("custody.events", HoldApplied, hold_id=hold)
    assert (applied.secured[0].segments, applied.destroying, applied.gone) == (1, (), ())
    batch = world.access.clear([key])
    answer = world.event("custody.events", BatchAnswered, batch_id=batch).answers[0]
    assert (answer.outcome, answer.reason) == ("refused", "protected")
    assert world.state(key) == "kept"
    assert len(world.stored(camera)) == 1


def test_a_late_segment_is_born_held(world: IngestWorld, camera: str, plaza: Path) -> None:
    world.camera(camera)
    early = world.old_footage(camera, plaza, days_ago=130)
    hold = world.access.place(Scope(cameras=(camera,), starts_at=early.started_at - timedelta(days=1)))
    world.event("custody.events", HoldApplied, hold_id=hold)
    late = world.old_footage(camera, plaza, days_ago=120)
    batch = world.access.clear([late])
    assert world.event("custody.events", BatchAnswered, batch_id=batch).answers[0].reason == "protected"
    answer = world.call("GET", f"/holds/{hold}/answer").json()
    assert (answer["secured_total"], answer["agrees"], answer["born_held_total"]) == (1, True, 1)


def test_a_hold_after_the_destruction_names_the_footage_as_gone(world: IngestWorld, camera: str, plaza: Path) -> None:
    world.camera(camera)
    gone, kept = (world.old_footage(camera, plaza, days_ago=days) for days in (120, 119))
    world.access.clear([gone])
    world.event("segment.events", SegmentDestroyed, camera_id=camera)
    hold = world.access.place(Scope(cameras=(camera,), starts_at=gone.started_at - timedelta(days=1)))
    applied = world.event("custody.events", HoldApplied, hold_id=hold)
    assert applied.gone[0].offsets_us
    assert (applied.secured[0].first_started_at, applied.secured[0].segments) == (kept.started_at, 1)


def test_a_takeover_keeps_its_recovery_window_unless_it_is_waived(world: IngestWorld, camera: str, plaza: Path) -> None:
    world.camera(camera)
    key = world.old_footage(camera, plaza, days_ago=120, waive=False)
    batch = world.access.clear([key])
    answer = world.event("custody.events", BatchAnswered, batch_id=batch).answers[0]
    assert (answer.outcome, answer.reason) == ("refused", "too_early")
    recorded = world.event("segment.events", SegmentRecorded, camera_id=camera)
    assert answer.not_before is not None
    assert answer.not_before - recorded.arrived_at >= timedelta(days=7)


def test_nobody_waives_a_recovery_window_alone(world: IngestWorld, camera: str) -> None:
    world.camera(camera)
    body = {"takeover_id": f"t-{camera}", "camera_id": camera, "source": "old"}
    body |= {"footage_from": "2026-01-01T00:00:00Z", "footage_to": "2026-01-02T00:00:00Z"}
    assert world.call("POST", "/takeovers", json=body).status_code == 201
    answer = world.call("POST", f"/takeovers/t-{camera}/waive")
    assert (answer.status_code, answer.json()["refusal"]) == (409, "FourEyesNeeded")
    refused = world.event("camera.events", ActRefused, subject=f"t-{camera}")
    assert (refused.act, refused.refusal) == ("takeover waive", "FourEyesNeeded")
