"""Killed in the middle of taking files in, and out of room on a really full disk: nothing lost, doubled or let go."""

from __future__ import annotations

import asyncio
import errno
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.ingest.storage.filesystem import FilesystemStore
from services.kernel.events import BatchAnswered, SegmentRecorded, StorageExhausted
from services.kernel.ids import EPOCH
from services.kernel.scope import Scope
from services.runtime.database import dsn
from tests.conftest import _drop_all
from tests.fakes.ingest_world import IngestWorld, until
from tests.integration.ingest.test_ingest_sources import body, minutes_ago, named, state

VOLUME_BYTES = 6 * 1024 * 1024


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """A volume of its own, so small that a test can fill it."""
    place = tmp_path / "volume"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={VOLUME_BYTES}", "tmpfs", str(place)], check=False)
    if mounted.returncode:
        pytest.skip("this machine doesn't let us mount a small volume")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(volume: Path) -> Path:
    ballast = volume / "ballast"
    with pytest.raises(OSError, match="No space") as full:
        ballast.write_bytes(bytes(2 * VOLUME_BYTES))
    assert full.value.errno == errno.ENOSPC
    return ballast


def has_taken(world: IngestWorld, enough: int) -> bool:
    return int(world.status().get("segments", 0)) >= enough


def test_a_service_killed_while_it_takes_files_in_loses_none_and_doubles_none(
    stopped: IngestWorld, plaza: Path
) -> None:
    stopped.start()
    stopped.camera("cam-1")
    folder = stopped.inbox / "one"
    folder.mkdir()
    stopped.call("POST", "/sources", json=body("cam-1", folder, afterwards="leave"))
    starts = [minutes_ago(90 - 5 * number) for number in range(12)]
    for at in starts:
        (folder / named(at)).write_bytes(plaza.read_bytes())
    for enough in (1, 5):
        until("some", partial(has_taken, stopped, enough))
        stopped.kill()
        stopped.start()
    until("all", lambda: stopped.status().get("segments") == len(starts))
    until("published", lambda: stopped.status()["outbox"] == 0)
    recorded = stopped.events("segment.events", SegmentRecorded)
    assert sorted({event.started_at for event in recorded}) == starts
    assert len({event.location for event in recorded}) == len(stopped.stored("cam-1")) == len(starts)


def test_no_empty_mount_and_no_store_of_others_is_ours_while_the_database_or_the_log_alone_knows_footage(
    stopped: IngestWorld, plaza: Path
) -> None:
    store = stopped.home / "ingest" / "store"
    stopped.start()
    stopped.camera("cam-1")
    stopped.old_footage("cam-1", plaza, days_ago=20)
    until("published", lambda: stopped.status()["outbox"] == 0)
    stopped.kill()
    mounted = store.rename(store.with_name("away"))
    other = FilesystemStore.create(store.with_name("other"), "store")
    for database, said in (("kept", f"{store} has id {other.id}, but store 'store'"), ("lost", "has none of 1 files")):
        if database == "lost":
            forget(stopped)
        store.mkdir()
        with pytest.raises(AssertionError, match=rf"storage\.refused.*isn't at {store}: mount its volume"):
            stopped.start()
        store.rmdir()  # It is as empty as it was.
        other.root.rename(store)
        with pytest.raises(AssertionError, match=rf"storage\.refused.*{said}"):
            stopped.start()
        store.rename(other.root)
    mounted.rename(store)
    stopped.start()
    assert len(stopped.stored("cam-1")) == stopped.status()["segments"] == 1


def forget(world: IngestWorld) -> None:
    """Drop its database: the log alone knows what there was."""
    asyncio.run(_drop_all(world.settings.database, world.settings.database_prefix.rstrip("_")))


def test_on_a_full_disk_intake_stops_and_says_so_and_nothing_kept_goes(
    stopped: IngestWorld, volume: Path, plaza: Path
) -> None:
    store = volume / "store"
    stopped.start(CAMLEDGER_INGEST_STORE=str(store))
    stopped.camera("cam-1")
    held, young = (stopped.old_footage("cam-1", plaza, days_ago=days) for days in (120, 20))
    stopped.access.place(Scope(cameras=("cam-1",), starts_at=EPOCH, ends_at=held.started_at + timedelta(days=1)))
    folder = stopped.inbox / "one"
    folder.mkdir()
    stopped.call("POST", "/sources", json=body("cam-1", folder))
    ballast = fill(volume)
    at = minutes_ago(30)
    (folder / named(at)).write_bytes(plaza.read_bytes())
    said = stopped.event("segment.events", StorageExhausted, store="store")
    answer = stopped.hand_over("cam-1", stopped.put(plaza), started_at=minutes_ago(60).isoformat())
    assert (answer.status_code, answer.json()["refusal"], said.camera_id) == (507, "StorageExhausted", "cam-1")
    assert stopped.status()["stores"][0]["exhausted_since"]
    for key, reason in ((held, "protected"), (young, "too_early")):
        batch = stopped.access.clear([key])
        assert stopped.event("custody.events", BatchAnswered, batch_id=batch).answers[0].reason == reason
    kept = [path for path in store.rglob("*.mp4") if not path.name.startswith(".")]
    assert (len(kept), len(stopped.events("segment.events", StorageExhausted))) == (2, 1)
    assert state(stopped, "s-cam-1")["waiting"] == 1
    ballast.unlink()
    assert stopped.event("segment.events", SegmentRecorded, camera_id="cam-1", started_at=at).source_id == "s-cam-1"
    assert until("room", lambda: stopped.status()["stores"][0]["exhausted_since"] is None)


def test_counts_that_take_too_long_are_left_out_of_the_status_and_the_rest_is_told(stopped: IngestWorld) -> None:
    stopped.start()
    assert {"segments", "gone", "refusals", "gaps"} <= set(stopped.status())

    async def while_gaps_cant_be_counted() -> dict[str, Any]:
        connection = await asyncpg.connect(dsn(stopped.settings, "ingest"))
        try:
            async with connection.transaction():
                await connection.execute("lock table gap in access exclusive mode")
                return await asyncio.to_thread(stopped.status)
        finally:
            await connection.close()

    told = asyncio.run(while_gaps_cant_be_counted())
    assert not {"segments", "gone", "refusals", "gaps"} & set(told)
    assert {"outbox", "protection_log", "custody_start_id", "stores"} <= set(told)
