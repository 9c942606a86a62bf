"""Situations of the deletion protocol in which an earlier design failed, each as one sentence."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg

from services.ingest.rebuild import TABLES, rebuild
from services.kernel.batches import lines
from services.kernel.events import (
    BatchAnswered,
    DestructionStarted,
    HoldAnswerAmended,
    HoldApplied,
    ProtectionParked,
    ProtectionSettled,
    SegmentDestroyed,
)
from services.kernel.ids import EPOCH
from services.kernel.scope import Scope
from services.runtime import database
from services.runtime.kafka_read import read_to_end
from tests.fakes.backups import copied
from tests.fakes.digested import digested
from tests.fakes.ingest_world import IngestWorld, until

DAY = timedelta(days=1)
WITNESSES = ["p-keeper", "p-ethics"]


def sql(world: IngestWorld, *statements: str) -> None:
    async def run() -> None:
        # Not through an engine of ours: this process outlives restores, which none of the product's does.
        connection = await asyncpg.connect(database.dsn(world.settings, "ingest"))
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


def copy_database(world: IngestWorld, *, back: bool = False) -> None:
    """Keep the database of a stopped service as it stands, or put it back as it stood."""
    name = database.database_name(world.settings, "ingest")
    source, target = (f"{name}_backup", name) if back else (name, f"{name}_backup")
    asyncio.run(copied(world.settings.database, source, target))


def outcome(world: IngestWorld, batch: object) -> tuple[str, str]:
    answer = world.event("custody.events", BatchAnswered, batch_id=batch).answers[0]
    return answer.outcome, answer.reason


def test_f8_a_restored_custody_voids_clearances_from_before_its_start(stopped: IngestWorld, plaza: Path) -> None:
    stopped.start()
    stopped.camera("cam-1")
    key = stopped.old_footage("cam-1", plaza, days_ago=120)
    stopped.kill()
    batch = stopped.access.clear([key])
    stopped.access.place(Scope(cameras=("cam-1",), starts_at=EPOCH))
    stopped.start()
    assert outcome(stopped, batch) == ("void", "start_gate")
    assert stopped.state(key) == "kept"


def test_f9_what_a_restored_catalog_forgot_comes_back_from_its_own_log(stopped: IngestWorld, plaza: Path) -> None:
    stopped.start()
    stopped.camera("cam-1")
    key = stopped.old_footage("cam-1", plaza, days_ago=120)
    stopped.access.clear([key])
    stopped.event("segment.events", SegmentDestroyed)
    until("gone", lambda: stopped.state(key) == "gone")
    stopped.kill()
    # The database as it stood before the mark: the bytes are gone all the same.
    sql(stopped, "delete from segment_state", "delete from stream where stream_id like 'segment/%'")
    sql(stopped, "update consumer_offset set next_offset = 0 where consumer = 'ingest.own'")
    stopped.start()
    assert stopped.state(key) == "gone"


def test_f9_no_byte_goes_before_its_destruction_started_is_delivered(stopped: IngestWorld, plaza: Path) -> None:
    stopped.start()
    stopped.camera("cam-1")
    key = stopped.old_footage("cam-1", plaza, days_ago=120)
    # A relay that can't publish: marks happen, and nothing outside the database knows of them.
    sql(
        stopped,
        "create table held as select topic, key, headers, value from outbox",
        "create rule hold as on insert to outbox do instead "
        "insert into held values (new.topic, new.key, new.headers, new.value)",
    )
    stopped.access.clear([key])
    until("marked", lambda: stopped.state(key) == "destroying")
    assert len(stopped.stored("cam-1")) == 1
    back = "insert into outbox (topic, key, headers, value) select topic, key, headers, value from held"
    sql(stopped, "drop rule hold on outbox", back)
    stopped.event("segment.events", SegmentDestroyed)
    assert stopped.stored("cam-1") == []


def test_f9_what_an_answer_called_being_destroyed_is_finished_after_a_restore_that_forgot_its_mark(
    stopped: IngestWorld, plaza: Path
) -> None:
    stopped.start()
    stopped.camera("cam-1")
    key = stopped.old_footage("cam-1", plaza, days_ago=120)
    stopped.kill()
    copy_database(stopped)
    stopped.start()
    # The relay crosses topics: the answer to a hold gets out, the DestructionStarted that it names is lost.
    sql(stopped, "create rule lose as on insert to outbox where new.topic like '%segment.events.%' do instead nothing")
    stopped.access.clear([key])
    until("marked", lambda: stopped.state(key) == "destroying")
    hold = stopped.access.place(Scope(cameras=("cam-1",), starts_at=EPOCH))
    assert stopped.event("custody.events", HoldApplied, hold_id=hold).destroying == lines([key])
    stopped.kill()
    copy_database(stopped, back=True)
    stopped.start()
    until("what the start gate says is published", lambda: stopped.status()["outbox"] == 0)
    assert [event.batch_id.int for event in stopped.events("segment.events", DestructionStarted)] == [0]
    stopped.event("segment.events", SegmentDestroyed)
    assert stopped.stored("cam-1") == []


def test_f10_the_same_footage_again_after_its_destruction_is_a_new_generation_elsewhere(
    world: IngestWorld, camera: str, plaza: Path
) -> None:
    world.camera(camera)
    key = world.old_footage(camera, plaza, days_ago=120)
    first = world.stored(camera)
    world.access.clear([key])
    world.event("segment.events", SegmentDestroyed, camera_id=camera)
    until("gone", lambda: world.state(key) == "gone")
    takeover = world.call("GET", f"/segments/{camera}/{key.started_at.isoformat()}").json()
    again = world.hand_over(camera, world.put(plaza), started_at=key.started_at.isoformat())
    assert (again.status_code, again.json()["generation"]) == (201, 2), takeover
    assert world.stored(camera) not in ([], first)


def test_f11_a_hold_by_officer_covers_footage_whose_wearer_is_not_filed_yet(
    world: IngestWorld, camera: str, plaza: Path
) -> None:
    world.camera(camera)
    world.camera(f"{camera}-b", "daan-cctv", kind="body_worn")
    key = world.old_footage(f"{camera}-b", plaza, days_ago=120)
    hold = world.access.place(Scope(officer="p-0012", starts_at=key.started_at - DAY, ends_at=key.started_at + DAY))
    applied = world.event("custody.events", HoldApplied, hold_id=hold)
    assert f"{camera}-b" in {span.camera_id for span in applied.secured}
    assert outcome(world, world.access.clear([key])) == ("refused", "protected")


def test_f11_a_shift_filed_late_amends_the_answer_of_a_hold_by_officer(
    world: IngestWorld, camera: str, plaza: Path
) -> None:
    world.camera(camera, kind="body_worn")
    key = world.old_footage(camera, plaza, days_ago=120)
    shift = {"device_id": camera, "shift": "s1", "incidents": []}
    shift |= {"shift_from": (key.started_at - DAY).isoformat(), "shift_to": (key.started_at + DAY).isoformat()}
    assert world.call("POST", "/shifts", json=shift | {"officer": "p-1"}).status_code == 201
    hold = world.access.place(Scope(cameras=(camera,), officer="p-2", starts_at=key.started_at - DAY))
    assert world.event("custody.events", HoldApplied, hold_id=hold).secured == ()
    assert world.call("POST", "/shifts", json=shift | {"officer": "p-2"}).status_code == 201
    until("what the filing says is published", lambda: world.status()["outbox"] == 0)
    [amended] = [event for event in world.events("custody.events", HoldAnswerAmended) if event.hold_id == hold]
    assert (len(amended.newly_secured), amended.found_gone) == (1, ())


def test_f12_a_camera_that_joins_an_area_is_covered_by_the_areas_hold(
    world: IngestWorld, camera: str, plaza: Path
) -> None:
    world.camera(camera, area="harbour")
    key = world.old_footage(camera, plaza, days_ago=120)
    hold = world.access.place(Scope(area=f"square-{camera}", starts_at=key.started_at - DAY))
    assert world.event("custody.events", HoldApplied, hold_id=hold).secured == ()
    move = {"area": f"square-{camera}", "moved_at": (key.started_at - DAY).isoformat(), "witnesses": WITNESSES}
    assert world.call("POST", f"/cameras/{camera}/move", json=move).status_code == 201
    assert world.event("custody.events", HoldAnswerAmended, hold_id=hold).newly_secured
    assert outcome(world, world.access.clear([key])) == ("refused", "protected")


def test_f14_a_release_frees_nothing_before_its_window_ends(world: IngestWorld, camera: str, plaza: Path) -> None:
    world.camera(camera)
    key = world.old_footage(camera, plaza, days_ago=120)
    hold = world.access.place(Scope(cameras=(camera,), starts_at=EPOCH))
    world.access.release(hold, datetime.now(UTC) + 7 * DAY)
    assert outcome(world, world.access.clear([key])) == ("refused", "protected")


def test_a_batch_that_is_cleared_twice_is_carried_out_once(world: IngestWorld, camera: str, plaza: Path) -> None:
    world.camera(camera)
    key = world.old_footage(camera, plaza, days_ago=120)
    batch = world.access.clear([key])
    world.event("segment.events", SegmentDestroyed, camera_id=camera)
    world.access.clear([key], batch)
    # Batches are carried out in their order: once the next one is answered, the repeat had its turn.
    assert outcome(world, world.access.clear([key])) == ("gone", "")
    answers = [e for e in world.events("custody.events", BatchAnswered) if e.batch_id == batch]
    started = [e for e in world.events("segment.events", DestructionStarted) if e.camera_id == camera]
    assert (len(answers), len(started)) == (1, 1)


def test_f15_an_unreadable_hold_stops_only_the_cameras_on_its_envelope_until_two_settle_it(
    stopped: IngestWorld, plaza: Path
) -> None:
    stopped.start()
    for camera in ("cam-1", "cam-2"):
        stopped.camera(camera)
    one, two = (stopped.old_footage(camera, plaza, days_ago=120) for camera in ("cam-1", "cam-2"))
    hold = stopped.access.place(Scope(cameras=("cam-1",), starts_at=EPOCH), spoil=True)
    assert outcome(stopped, stopped.access.clear([one])) == ("refused", "parked")
    assert outcome(stopped, stopped.access.clear([two])) == ("destroying", "")
    parked = stopped.event("custody.events", ProtectionParked, hold_id=str(hold))
    stopped.access.place(Scope(cameras=("cam-1",), starts_at=EPOCH), hold)
    stopped.read_to_here()
    assert stopped.events("custody.events", HoldApplied) == []
    settle = f"/parked/{parked.parked_id}/settle"
    said = [stopped.call("POST", settle, person, json={"how": "superseded"}) for person in ("head", "head", "second")]
    assert [answer.status_code for answer in said] == [200, 409, 200]
    assert len(stopped.event("custody.events", ProtectionSettled).settled_by) == 2
    assert stopped.event("custody.events", HoldApplied, hold_id=hold).secured[0].segments == 1


def test_f15_a_hold_that_access_writes_again_supersedes_what_custody_could_not_read(
    stopped: IngestWorld, plaza: Path
) -> None:
    stopped.start()
    for camera in ("cam-1", "cam-2"):
        stopped.camera(camera)
    keys = [stopped.old_footage(camera, plaza, days_ago=120) for camera in ("cam-1", "cam-2")]
    one, two = (Scope(cameras=(camera,), starts_at=EPOCH) for camera in ("cam-1", "cam-2"))
    hold = stopped.access.place(one, spoil=True)
    stopped.access.extend(hold, two)
    extended = stopped.access.seq
    parked = stopped.event("custody.events", ProtectionParked, hold_id=str(hold))
    settle = f"/parked/{parked.parked_id}/settle"
    for how in ("retried", "superseded"):
        refused = stopped.call("POST", settle, "head", json={"how": how})
        assert (refused.status_code, f"camledger hold write-again {hold}" in refused.json()["remedy"]) == (409, True)
    stopped.access.write_again(hold, (one, two))
    stopped.read_to_here()
    for person in ("head", "second"):
        assert stopped.call("POST", settle, person, json={"how": "superseded"}).status_code == 200
    # Each order under its own number: the extension had reached one camera, the hold as written again has both.
    for seq, segments in ((extended, 1), (stopped.access.seq, 2)):
        applied = stopped.event("custody.events", HoldApplied, hold_id=hold, seq=seq)
        assert sum(span.segments for span in applied.secured) == segments
    for key in keys:
        assert outcome(stopped, stopped.access.clear([key])) == ("refused", "protected")


def test_f15_an_unreadable_record_without_a_scope_stops_every_mark(stopped: IngestWorld, plaza: Path) -> None:
    stopped.start()
    stopped.camera("cam-1")
    key = stopped.old_footage("cam-1", plaza, days_ago=120)
    stopped.access.place(Scope(cameras=("cam-9",), starts_at=EPOCH), spoil=True, scoped=False)
    assert outcome(stopped, stopped.access.clear([key])) == ("refused", "parked")
    assert stopped.event("custody.events", ProtectionParked).everywhere


def test_a_kill_between_mark_and_receipt_is_made_good(stopped: IngestWorld, plaza: Path) -> None:
    stopped.start()
    stopped.camera("cam-1")
    keys = [stopped.old_footage("cam-1", plaza, days_ago=120 + day) for day in range(4)]
    stopped.access.clear(sorted(keys))
    until("something is marked", lambda: any(stopped.state(key) != "kept" for key in keys))
    stopped.kill()
    stopped.start()
    stopped.access.clear(sorted(keys), uuid4())
    until("all are gone", lambda: all(stopped.state(key) == "gone" for key in keys))
    until("receipts", lambda: len(stopped.events("segment.events", SegmentDestroyed)) >= 4)
    receipts = [(e.started_at, e.generation) for e in stopped.events("segment.events", SegmentDestroyed)]
    assert sorted(receipts) == sorted({(key.started_at, 1) for key in keys})
    assert stopped.stored("cam-1") == []


def test_dropping_every_projection_and_reading_the_log_again_gives_equal_digests(
    world: IngestWorld, camera: str, plaza: Path
) -> None:
    world.camera(camera)
    key = world.old_footage(camera, plaza, days_ago=120)
    world.access.clear([key])
    world.event("segment.events", SegmentDestroyed, camera_id=camera)
    until("the outbox is empty", lambda: world.status()["outbox"] == 0)

    async def compare() -> tuple[object, object]:
        engine = database.engine(world.settings, "ingest")
        await rebuild(engine, "shadow", lambda topic: read_to_end(world.settings, topic, world.codec))
        names = [name for name, kind in TABLES.items() if kind == "projection"]
        found = await digested(engine, names), await digested(engine, names, "shadow")
        await engine.dispose()
        return found

    live, shadow = asyncio.run(compare())
    assert live == shadow


def test_a_command_for_a_policy_version_that_never_was_in_force_is_refused_with_its_reason(
    world: IngestWorld, camera: str, plaza: Path
) -> None:
    world.camera(camera)
    key = world.old_footage(camera, plaza, days_ago=120)
    assert outcome(world, world.access.clear([key], version=99)) == ("refused", "policy_version")
    assert world.state(key) == "kept"
    assert outcome(world, world.access.clear([key])) == ("destroying", "")
