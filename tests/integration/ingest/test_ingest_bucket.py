"""The running service with its footage in a bucket: holds are mirrored, every version goes, what changes is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.ingest.storage.bucket import Bucket, BucketRefused
from services.kernel.batches import SegmentKey
from services.kernel.events import DifferenceFound, HoldApplied, SegmentDestroyed, SegmentRecorded, SegmentReplicated
from services.kernel.ids import EPOCH
from services.kernel.scope import Scope
from tests.conftest import Addresses
from tests.fakes.ingest_world import PATIENCE_S, REPOSITORY, IngestWorld, until
from tests.fakes.object_store import ObjectStore, lock_of, object_store
from tests.integration.ingest.conftest import made

BUCKET, PREFIX = "footage", "camledger/"


@dataclass(slots=True)
class City:
    """An installation and the bucket that its footage lies in; the replica is a folder."""

    world: IngestWorld
    bucket: Bucket
    server: ObjectStore

    def footage(self, camera: str, plaza: Path) -> tuple[SegmentKey, str]:
        """Take footage in that is due since long; return it and its key in the bucket."""
        self.world.camera(camera)
        key = self.world.old_footage(camera, plaza, days_ago=120)
        recorded = self.world.event("segment.events", SegmentRecorded, camera_id=camera)
        return key, PREFIX + recorded.location

    def held(self, camera: str, plaza: Path) -> tuple[SegmentKey, str, UUID]:
        """Take footage in, hold it, and wait until the bucket holds it, too."""
        key, place = self.footage(camera, plaza)
        hold = self.world.access.place(Scope(cameras=(camera,), starts_at=EPOCH, ends_at=datetime.now(UTC)))
        self.world.event("custody.events", HoldApplied, hold_id=hold)
        until("mirrored", lambda: lock_of(self.bucket, place) == "ON")
        until("noted", lambda: self.world.call("GET", f"/holds/{hold}/answer").json()["legal_holds"] == 1)
        return key, place, hold

    def lock(self, place: str, status: str) -> None:
        """Change a legal hold behind everybody's back."""
        self.bucket.call("put_object_legal_hold", Key=place, LegalHold={"Status": status})

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the command line as the keeper."""
        client = {"services": {"ingest": self.world.url}, "people": self.world.tokens}
        (self.world.home / "client.json").write_text(json.dumps(client), "utf-8")
        run = [sys.executable, "-m", "services.cli", *words, "--as", "keeper"]
        own = os.environ | {"CAMLEDGER_HOME": str(self.world.home)}
        return subprocess.run(run, cwd=REPOSITORY, env=own, capture_output=True, text=True, timeout=120, check=False)

    def versions(self, place: str) -> int:
        """Return how many versions and markers the bucket has of one key."""
        told = self.bucket.call("list_object_versions", Prefix=place)
        return len(told.get("Versions", ())) + len(told.get("DeleteMarkers", ()))


@pytest.fixture(scope="module")
def city(stack: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    home = tmp_path_factory.mktemp("city")
    with object_store(tmp_path_factory.mktemp("server"), "versitygw") as server:
        server.make(BUCKET)
        running = made(stack, home)
        with closing(running):
            world = next(running)
            world.start(
                CAMLEDGER_STORAGE=server.url(BUCKET),
                CAMLEDGER_STORAGE_REPLICA=str(home / "replica"),
                CAMLEDGER_INGEST_COMPARE_EVERY_S="0.3",
            )
            yield City(world, server.raw(BUCKET), server)


def said(city: City, camera: str, difference: str) -> list[DifferenceFound]:
    events = city.world.events("segment.events", DifferenceFound)
    return [e for e in events if e.difference == difference and camera in f"{e.camera_id} {e.location}"]


def gone(city: City, key: SegmentKey) -> SegmentDestroyed:
    city.world.access.clear([key])
    return city.world.event("segment.events", SegmentDestroyed, camera_id=key.camera_id)


def test_a_hold_is_mirrored_to_the_bucket_and_lifted_when_it_ends(city: City, camera: str, plaza: Path) -> None:
    key, place, hold = city.held(camera, plaza)
    with pytest.raises(BucketRefused):
        city.bucket.call("delete_object", Key=place, VersionId=city.bucket.call("head_object", Key=place)["VersionId"])
    city.world.access.release(hold, datetime.now(UTC) - timedelta(hours=1))
    until("lifted", lambda: lock_of(city.bucket, place) == "OFF")
    gone(city, key)
    assert city.versions(place) == 0


def test_a_receipt_names_every_version_and_the_replica(city: City, camera: str, plaza: Path) -> None:
    key, place = city.footage(camera, plaza)
    city.world.event("segment.events", SegmentReplicated, camera_id=camera)
    first = city.bucket.call("head_object", Key=place)["VersionId"]
    second = city.bucket.call("put_object", Key=place, Body=b"something else")["VersionId"]
    until("said", lambda: said(city, camera, "extra_version"))
    original, replica = gone(city, key).answers
    assert (original.what, set(original.versions), replica.versions) == ("original", {first, second}, ())
    assert (city.versions(place), list((city.world.home / "replica" / camera).rglob("*"))) == (0, [])


def test_what_was_put_over_footage_is_never_served(city: City, camera: str, plaza: Path) -> None:
    key, place = city.footage(camera, plaza)
    city.bucket.call("put_object", Key=place, Body=b"something else")
    city.bucket.call("delete_object", Key=place)
    path = f"/segments/{camera}/{key.started_at.isoformat()}/bytes"
    served = city.world.call("GET", path, "access", headers={"range": "bytes=5-104"})
    assert (served.status_code, served.content) == (206, plaza.read_bytes()[5:105])
    assert city.world.call("GET", path, "access").content == plaza.read_bytes()


def test_a_legal_hold_that_somebody_took_off_is_said_and_put_back(city: City, camera: str, plaza: Path) -> None:
    _, place, _ = city.held(camera, plaza)
    city.lock(place, "OFF")
    until("said", lambda: said(city, camera, "legal_hold_missing"))
    until("back", lambda: lock_of(city.bucket, place) == "ON")
    until("mended", lambda: city.world.status()["differences"]["legal_hold_missing"] == 0)


def test_a_legal_hold_of_somebody_else_keeps_the_bytes_and_is_said(city: City, camera: str, plaza: Path) -> None:
    key, place = city.footage(camera, plaza)
    city.lock(place, "ON")
    until("said", lambda: said(city, camera, "legal_hold_extra"))
    city.world.access.clear([key])
    until("refused", lambda: said(city, camera, "deletion_refused"))
    assert (city.versions(place), city.world.state(key)) == (1, "destroying")
    city.lock(place, "OFF")
    receipt = city.world.event("segment.events", SegmentDestroyed, camera_id=camera)
    assert {each.answer for each in receipt.answers} == {"absent"}


def test_footage_that_comes_in_under_a_hold_is_locked_at_once(city: City, camera: str, plaza: Path) -> None:
    city.world.camera(camera)
    hold = city.world.access.place(Scope(cameras=(camera,), starts_at=EPOCH))
    city.world.event("custody.events", HoldApplied, hold_id=hold)
    city.world.old_footage(camera, plaza, days_ago=100)
    place = PREFIX + city.world.event("segment.events", SegmentRecorded, camera_id=camera).location
    until("mirrored", lambda: lock_of(city.bucket, place) == "ON")


def test_a_hold_is_effective_while_the_bucket_is_away_and_mirrored_when_it_is_back(
    city: City, camera: str, plaza: Path
) -> None:
    key, place = city.footage(camera, plaza)
    city.server.stop()
    try:
        hold = city.world.access.place(Scope(cameras=(camera,), starts_at=EPOCH, ends_at=datetime.now(UTC)))
        applied = city.world.event("custody.events", HoldApplied, hold_id=hold)
        until("said", lambda: said(city, camera, "legal_hold_missing"))
        offered = city.world.hand_over(camera, city.world.put(plaza), started_at=datetime.now(UTC).isoformat())
        served = city.world.call("GET", f"/segments/{camera}/{key.started_at.isoformat()}/bytes", "access")
    finally:
        city.server.again()
    assert [span.segments for span in applied.secured] == [1]
    assert [offered.json()["refusal"], served.json()["refusal"]] == ["StoreUnreachable", "StoreUnreachable"]
    until("mirrored", lambda: lock_of(city.bucket, place) == "ON")
    until("mended", lambda: city.world.status()["differences"]["legal_hold_missing"] == 0)


def test_a_manifest_shows_each_copy_and_what_its_store_says(city: City, camera: str, plaza: Path) -> None:
    key, place, _ = city.held(camera, plaza)
    city.world.event("segment.events", SegmentReplicated, camera_id=camera)
    path = f"/segments/{camera}/{key.started_at.isoformat()}/manifest"
    (generation,) = city.world.call("GET", path).json()["generations"]
    original, replica = generation["copies"]
    version = city.bucket.call("head_object", Key=place)["VersionId"]
    assert (original["versions"], original["legal_hold"], original["state"]) == ([version], True, "kept")
    assert (replica["what"], replica["legal_hold"], replica["sha256"]) == ("replica", None, original["sha256"])


def test_a_person_compares_everything_now_and_sees_what_differs(city: City, camera: str, plaza: Path) -> None:
    _, place = city.footage(camera, plaza)
    stray = place + ".stray"
    city.bucket.call("put_object", Key=stray, Body=b"whose?")
    ended = city.command("storage", "compare", "--bytes", "--json")
    found = [each for each in json.loads(ended.stdout) if each["place"].endswith(stray.removeprefix(PREFIX))]
    assert (ended.returncode, [each["difference"] for each in found]) == (1, ["unknown_bytes"])
    assert json.loads(city.command("storage", "differences", "--json").stdout)
    city.bucket.call("delete_object", Key=stray, VersionId=city.bucket.call("head_object", Key=stray)["VersionId"])
    assert city.world.call("POST", "/comparisons", "clerk", json={}).status_code == 403


def test_ingest_does_not_start_without_the_bucket_that_it_was_told(city: City) -> None:
    settings, fields = city.world.settings, ("kafka", "topic_prefix", "database", "database_prefix")
    own = {f"CAMLEDGER_{name.upper()}": str(getattr(settings, name)) for name in fields}
    own |= {"CAMLEDGER_HOME": str(city.world.home / "other"), "CAMLEDGER_STORAGE": city.server.url("not-there")}
    run = [sys.executable, "-m", "services.ingest"]
    ended = subprocess.run(
        run, cwd=REPOSITORY, env=os.environ | own, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert (ended.returncode, "no such bucket" in ended.stdout + ended.stderr) == (os.EX_CONFIG, True), ended.stderr
