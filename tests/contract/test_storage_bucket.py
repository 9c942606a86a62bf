"""What only a bucket can do wrong: hide footage, keep what it calls deleted, run full, be another bucket."""

from __future__ import annotations

import io
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from services.ingest.storage import bucket_marker
from services.ingest.storage.adapter import Location, StorageExhausted, StoreUnreachable
from services.ingest.storage.address import BadAddress, BucketAddress, address
from services.ingest.storage.bucket import BucketRefused
from services.ingest.storage.copies import Stores, verify
from services.ingest.storage.identity import Known, Mark
from services.ingest.storage.s3 import S3Store
from services.ingest.storage.s3_removal import S3Removal
from tests.contract.conftest import BUCKET, PART_BYTES
from tests.fakes.object_store import ObjectStore, object_store
from tests.fakes.storage import FakeStore

PLACE = Location("cam 1 廣場/2026/11/22/20261122T010203.000Z_g1_00ff.mp4")
LARGE = bytes(range(256)) * (2 * PART_BYTES // 256 + 7)
VOLUME_BYTES = 8 * 1024 * 1024


def key(store: S3Store) -> str:
    return store.key(PLACE)


def read(store: S3Store, start: int = 0, length: int | None = None) -> bytes:
    return b"".join(store.open(PLACE, start, length))


def test_what_is_larger_than_a_part_is_sent_in_parts_and_read_back_whole(in_bucket: S3Store) -> None:
    stored = in_bucket.put(io.BytesIO(LARGE), PLACE)
    verify(in_bucket, stored)
    assert read(in_bucket, PART_BYTES - 3, 6) == LARGE[PART_BYTES - 3 : PART_BYTES + 3]
    assert in_bucket.uploads(PLACE) == ()


def test_a_large_replica_is_compared_in_both_directions(in_bucket: S3Store) -> None:
    memory = FakeStore(name="memory")
    stores = Stores({"memory": memory, "bucket": in_bucket})
    copy = stores.replicate(memory.put(io.BytesIO(LARGE), PLACE), in_bucket)
    assert in_bucket.versions(PLACE) == (copy.version,)


def test_a_source_that_fails_between_two_parts_leaves_no_part(in_bucket: S3Store) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() >= PART_BYTES:
                raise OSError(5, "no more")
            return super().read(size)

    with pytest.raises(OSError, match="no more"):
        in_bucket.put(Broken(LARGE), PLACE)
    assert in_bucket.absent(PLACE)


def test_an_overwritten_object_still_reads_as_it_was_put_and_shows_its_second_version(in_bucket: S3Store) -> None:
    in_bucket.put(io.BytesIO(b"footage"), PLACE)
    in_bucket.bucket.call("put_object", Key=key(in_bucket), Body=b"something else")
    assert (read(in_bucket), in_bucket.size(PLACE), len(in_bucket.versions(PLACE))) == (b"footage", 7, 2)


def test_a_plain_delete_hides_nothing_and_proves_nothing(in_bucket: S3Store) -> None:
    in_bucket.put(io.BytesIO(b"footage"), PLACE)
    in_bucket.bucket.call("delete_object", Key=key(in_bucket))
    assert read(in_bucket) == b"footage"
    assert not in_bucket.absent(PLACE)
    assert list(in_bucket.list()) == [PLACE]


def test_a_removal_takes_every_version_marker_and_part(in_bucket: S3Store) -> None:
    in_bucket.put(io.BytesIO(b"footage"), PLACE)
    in_bucket.bucket.call("put_object", Key=key(in_bucket), Body=b"something else")
    in_bucket.bucket.call("delete_object", Key=key(in_bucket))
    in_bucket.bucket.call("create_multipart_upload", Key=key(in_bucket))
    S3Removal(in_bucket).delete(PLACE)
    assert (in_bucket.versions(PLACE), in_bucket.uploads(PLACE), in_bucket.absent(PLACE)) == ((), (), True)
    with pytest.raises(BucketRefused):
        in_bucket.bucket.call("head_object", Key=key(in_bucket))


def test_a_part_that_a_killed_upload_left_is_no_absence(in_bucket: S3Store) -> None:
    begun = in_bucket.bucket.call("create_multipart_upload", Key=key(in_bucket))
    in_bucket.bucket.call("upload_part", Key=key(in_bucket), UploadId=begun["UploadId"], PartNumber=1, Body=b"part")
    assert not in_bucket.absent(PLACE)
    assert in_bucket.clear_unfinished() == 0, "it may still be under way"
    S3Removal(in_bucket).delete(PLACE)
    assert in_bucket.absent(PLACE)


def test_a_damaged_upload_is_refused_by_its_checksum(in_bucket: S3Store) -> None:
    wrong = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="  # of nothing
    with pytest.raises(BucketRefused):
        in_bucket.bucket.call("put_object", Key=key(in_bucket), Body=b"footage", ChecksumSHA256=wrong)
    assert in_bucket.absent(PLACE)


def test_a_missing_bucket_or_one_that_cannot_hold_is_refused_with_its_remedy(server: ObjectStore) -> None:
    unlocked = server.make("no-lock", lock=False)
    plain = server.make("no-versions", lock=False, versioned=False)
    for name, said in (("not-there", "no such bucket"), (unlocked, "no Object Lock"), (plain, "versioning off")):
        with pytest.raises(StoreUnreachable, match=f"s3://{name}/.*{said}"):
            S3Store.create(server.address(name), "bucket")


def test_another_store_in_its_place_is_refused(server: ObjectStore, in_bucket: S3Store) -> None:
    with pytest.raises(StoreUnreachable, match="holds store 'bucket', not 'replica'"):
        S3Store.create(in_bucket.bucket.address, "replica")
    raw = server.raw(BUCKET)
    raw.call("put_object", Key="with-letters/letter.txt", Body=b"dear")
    with pytest.raises(StoreUnreachable, match="isn't empty"):
        S3Store.create(server.address(BUCKET, "with-letters"), "bucket")


def test_a_bucket_of_another_installation_is_refused_at_the_start_and_while_running(in_bucket: S3Store) -> None:
    at, other = in_bucket.bucket.address, str(uuid4())
    for remembered in (in_bucket.id, ""):
        assert S3Store.create(at, "bucket", known=Known(id=remembered)).id == in_bucket.id
    with pytest.raises(StoreUnreachable, match=f"has id {in_bucket.id}, but .* has id {other}"):
        S3Store.create(at, "bucket", known=Known(id=other, is_used=True))
    with pytest.raises(StoreUnreachable, match="has none of 1 files"):
        S3Store.create(at, "bucket", known=Known(is_used=True, kept=(PLACE,)))
    in_bucket.put(io.BytesIO(b"footage"), PLACE)
    in_bucket.mark_again(other)
    for ask in (in_bucket.absent, S3Removal(in_bucket).delete, partial(in_bucket.put, io.BytesIO(b"more"))):
        with pytest.raises(StoreUnreachable, match=f"has id {other}, but"):
            ask(PLACE)


def test_a_bucket_from_before_there_were_ids_gets_one_if_it_is_ours(in_bucket: S3Store) -> None:
    in_bucket.put(io.BytesIO(b"footage"), PLACE)
    in_bucket.mark_again("")
    adopted = S3Store.create(in_bucket.bucket.address, "bucket", known=Known(is_used=True, kept=(PLACE,)))
    assert adopted.id == adopted.marked().id != ""


def test_two_that_make_a_store_at_once_agree_on_its_id(server: ObjectStore) -> None:
    at, first = server.address(BUCKET, uuid4().hex[:12]), str(uuid4())
    made = S3Store.create(at, "bucket", known=Known(id=first)).bucket
    bucket_marker.write_once(made, Mark("bucket", str(uuid4())))
    assert bucket_marker.read(made) == Mark("bucket", first)


@pytest.fixture
def volume() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="camledger-volume-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={VOLUME_BYTES}", "tmpfs", folder]
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip("this machine doesn't let us mount a small volume")
        yield Path(folder)
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_bucket_is_storage_exhausted_and_keeps_what_it_has(volume: Path) -> None:
    with object_store(volume, "versitygw") as server:
        server.make(BUCKET)
        store = S3Store.create(server.address(BUCKET), "bucket", part_bytes=PART_BYTES)
        store.put(io.BytesIO(b"footage"), PLACE)
        for number in range(2):
            with pytest.raises(StorageExhausted):
                store.put(io.BytesIO(bytes(VOLUME_BYTES)), Location(f"cam/{number}.mp4"))
        assert (list(store.list()), read(store)) == ([PLACE], b"footage")


def test_a_server_that_stopped_proves_nothing(tmp_path: Path) -> None:
    with object_store(tmp_path, "versitygw") as server:
        server.make(BUCKET)
        store = S3Store.create(server.address(BUCKET), "bucket")
        server.stop()
        for ask in (store.absent, S3Removal(store).delete, store.size):
            with pytest.raises(StoreUnreachable):
                ask(PLACE)


def test_an_address_names_a_folder_or_a_bucket() -> None:
    assert address("/var/lib/footage") == Path("/var/lib/footage")
    assert address("s3://b/a/b?endpoint=https://o.example&region=r&path_style=true") == BucketAddress(
        bucket="b", prefix="a/b/", endpoint="https://o.example", region="r", path_style=True
    )


@pytest.mark.parametrize("wrong", ["s3://", "s3:///prefix", "gs://bucket", "s3://b?regoin=x"])
def test_an_address_that_names_neither_is_refused_with_an_example(wrong: str) -> None:
    with pytest.raises(BadAddress, match="s3://footage"):
        address(wrong)


def test_an_address_with_credentials_is_refused_and_not_repeated() -> None:
    with pytest.raises(BadAddress, match="AWS_SECRET_ACCESS_KEY") as refused:
        address("s3://key:secret@bucket/prefix")
    assert "key:secret" not in str(refused.value)
