"""A bucket as a store: versioned and lockable, each key used for one upload. It has no delete; that is ``s3_removal``.

What counts at a location is the oldest version: a later one, or a delete marker on top, can't change what is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from services.ingest.storage import bucket_marker
from services.ingest.storage.adapter import (
    CHUNK_BYTES,
    Location,
    LocationTaken,
    NotStored,
    Seen,
    StoredObject,
    StoreUnreachable,
)
from services.ingest.storage.address import BucketAddress
from services.ingest.storage.bucket import Bucket, BucketRefused, bucket, must_be_able
from services.ingest.storage.identity import MARKER, Known, Mark, id_to_make, must_be, settle
from services.ingest.storage.naming import checked
from services.ingest.storage.s3_upload import TAKEN, Upload
from services.ingest.work_folders import clear_lent, lending

PART_BYTES = 16 * 1024 * 1024
# No upload takes longer: what is older and unfinished belongs to a process that is no more.
UNFINISHED_AFTER = timedelta(days=1)
BEYOND_THE_END = "InvalidRange"


@dataclass(frozen=True, slots=True)
class S3Store:
    """A store below a bucket's prefix. Its marker tells it from any other one, of this or another installation."""

    bucket: Bucket
    part_bytes: int = PART_BYTES
    id: str = ""

    @property
    def name(self) -> str:
        return self.bucket.name

    @staticmethod
    def create(
        address: BucketAddress, name: str, *, part_bytes: int = PART_BYTES, known: Known | None = None
    ) -> S3Store:
        """Open the store, and mark it if its prefix is empty and it isn't known to be used.

        Raises StoreUnreachable for a bucket that can't do it, for one without its marker, and for another store.
        """
        store = S3Store(bucket(address, name), part_bytes)
        must_be_able(store.bucket)
        if not (known and known.is_used) and bucket_marker.read(store.bucket) is None:
            bucket_marker.write_once(store.bucket, Mark(name, id_to_make(known)))
        store = replace(store, id=store.marked().id)
        return replace(store, id=settle(store, known))

    @property
    def at(self) -> str:
        """Where it is, for messages."""
        return str(self.bucket.address)

    def mark_again(self, id: str) -> str:  # noqa: A002 - it is no other word
        """Give the store another id, in one request; return it."""
        bucket_marker.rewrite(self.bucket, Mark(self.name, id))
        return id

    def marked(self) -> Mark:
        """Return what the marker says. Raises StoreUnreachable where it is missing or names another store."""
        found = bucket_marker.read(self.bucket)
        if found is None:
            raise StoreUnreachable(f"{self.at} has no {MARKER} and isn't store {self.name!r}: set the right bucket")
        if found.name != self.name:
            raise StoreUnreachable(
                f"{self.at} holds store {found.name!r}, not {self.name!r}: set the right bucket or prefix"
            )
        return found

    def check(self) -> None:
        """Raise StoreUnreachable unless this very store is there: without it a missing object proves nothing."""
        must_be(self.name, self.at, self.marked().id, self.id)

    def put(self, source: Path | BinaryIO, location: Location) -> StoredObject:
        """Upload, each request with its checksum. Raises LocationTaken, StorageExhausted, StoreUnreachable."""
        key = self.key(location)
        self.check()
        if self.versions(location):
            raise self._taken(location)
        if isinstance(source, Path):
            with source.open("rb") as opened:
                return self._put(opened, key, location)
        return self._put(source, key, location)

    def open(self, location: Location, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield a range of the first version in chunks. Raises NotStored before the first byte."""
        version = self.first_version(location)
        if length == 0:
            return iter(())
        wanted = f"bytes={start}-{'' if length is None else start + length - 1}"
        try:
            got = self._of(location, "get_object", VersionId=version, Range=wanted)
        except BucketRefused as refused:
            if refused.code == BEYOND_THE_END:
                return iter(())
            raise
        return self.bucket.chunks(got["Body"], CHUNK_BYTES)

    def size(self, location: Location) -> int:
        """Return the size of the first version. Raises NotStored."""
        return int(self.head(location)["ContentLength"])

    def head(self, location: Location) -> dict[str, Any]:
        """Return what the bucket says of the first version. Raises NotStored."""
        return self._of(location, "head_object", VersionId=self.first_version(location))

    @contextmanager
    def borrow(self, location: Location) -> Iterator[Path]:
        """Fetch into a file of its own for as long as it is lent. Raises NotStored."""
        with lending(self.id) as folder:
            path = folder / f"original{PurePosixPath(location).suffix}"
            with path.open("wb") as lent:
                lent.writelines(self.open(location))
            yield path

    def versions(self, location: Location) -> tuple[str, ...]:
        """Return the ids of every version and delete marker at a location, oldest first."""
        return tuple(each["VersionId"] for each in self._entries(location))

    def first_version(self, location: Location) -> str:
        """Return the id of the version that was uploaded. Raises NotStored."""
        for each in self._entries(location):
            if "Size" in each:
                return str(each["VersionId"])
        self.check()
        raise NotStored(f"nothing lies at {location!r} in store {self.name!r}")

    def absent(self, location: Location) -> bool:
        """Prove that no version, no delete marker and no part of an upload is left. Raises StoreUnreachable."""
        there = self.versions(location) or self.uploads(location) or self._answers_to_head(location)
        self.check()
        return not there

    def uploads(self, location: Location) -> tuple[str, ...]:
        """Return the ids of unfinished uploads to a location: their parts are bytes too."""
        return tuple(each["UploadId"] for each in self._unfinished(self.key(location), exactly=True))

    def list(self, prefix: str = "", after: str = "") -> Iterator[Location]:
        """Yield locations in order of their keys, those that hide behind a delete marker included."""
        return (seen.location for seen in self.look(prefix, after))

    def look(self, prefix: str = "", after: str = "") -> Iterator[Seen]:
        """Yield what a listing of all versions tells; a thousand for one request."""
        self.check()
        own = self.bucket.address.prefix
        start = {"KeyMarker": own + after} if after else {}
        entries = self._ordered(self.bucket.pages("list_object_versions", Prefix=own + prefix, **start))
        for key, found in groupby(entries, key=lambda each: str(each["Key"])):
            location, versions = key.removeprefix(own), list(found)
            hidden = any(part.startswith(".") for part in location.split("/"))
            if location > after and not hidden and not key.endswith("/"):
                sizes = [int(each["Size"]) for each in _oldest_first(versions) if "Size" in each]
                yield Seen(location=Location(location), size_bytes=sizes[0] if sizes else None, versions=len(versions))

    def _ordered(self, pages: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for page in pages:
            yield from sorted((*page.get("Versions", ()), *page.get("DeleteMarkers", ())), key=lambda each: each["Key"])

    def free_bytes(self) -> int | None:
        """Return None: a bucket says that it is full when it is."""
        return None

    def clear_unfinished(self) -> int:
        """Give up uploads that nobody can still be at, and what was fetched for the killed; return how many uploads."""
        self.check()
        clear_lent(self.id)
        until, cleared = datetime.now(UTC) - UNFINISHED_AFTER, 0
        for each in self._unfinished(self.bucket.address.prefix):
            if each["Initiated"] < until:
                self.bucket.call("abort_multipart_upload", Key=each["Key"], UploadId=each["UploadId"])
                cleared += 1
        return cleared

    def key(self, location: Location) -> str:
        """Return the bucket's key of a location. Raises BadLocation."""
        return self.bucket.address.prefix + checked(location)

    def _put(self, source: BinaryIO, key: str, location: Location) -> StoredObject:
        try:
            sent = Upload(self.bucket, key, self.part_bytes).send(source)
        except BucketRefused as refused:
            if refused.code in TAKEN:
                raise self._taken(location) from refused
            raise
        return StoredObject(
            store=self.name,
            location=location,
            sha256=sent.sha256,
            size_bytes=sent.size_bytes,
            version=sent.version,
        )

    def _entries(self, location: Location) -> Sequence[dict[str, Any]]:
        key, found = self.key(location), list[dict[str, Any]]()
        for page in self.bucket.pages("list_object_versions", Prefix=key):
            for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                if each["Key"] == key:
                    found.append(each)
        return _oldest_first(found)

    def _unfinished(self, prefix: str, *, exactly: bool = False) -> Iterator[dict[str, Any]]:
        for page in self.bucket.pages("list_multipart_uploads", Prefix=prefix):
            yield from (each for each in page.get("Uploads", ()) if not exactly or each["Key"] == prefix)

    def _answers_to_head(self, location: Location) -> bool:
        try:
            self.bucket.call("head_object", Key=self.key(location))
        except BucketRefused as refused:
            if refused.is_missing:
                return False
            raise
        return True

    def _of(self, location: Location, operation: str, **parameters: object) -> dict[str, Any]:
        try:
            return self.bucket.call(operation, Key=self.key(location), **parameters)
        except BucketRefused as refused:
            if refused.is_missing:
                raise NotStored(f"nothing lies at {location!r} in store {self.name!r}") from refused
            raise

    def _taken(self, location: Location) -> LocationTaken:
        return LocationTaken(f"{location!r} is taken in store {self.name!r}: make a new location")


def _oldest_first(entries: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    # The bucket lists the newest first, and what came within one second by nothing else.
    return sorted(reversed(entries), key=lambda each: each["LastModified"])  # noqa: C414 (sorting keeps that order)
