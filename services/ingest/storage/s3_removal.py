"""What takes footage out of a bucket, and what locks it there. Only custody may import it, as ``removal``."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from services.ingest.storage.adapter import Location, NotStored, RefusedByLock
from services.ingest.storage.bucket import LOCKED, NO_LOCK, BucketRefused
from services.ingest.storage.s3 import S3Store


@dataclass(frozen=True, slots=True)
class S3Removal:
    """Deletes by version id only: without one a bucket keeps the bytes and merely says that they are gone."""

    store: S3Store
    method: str = "every version deleted by its id"

    def delete(self, location: Location) -> None:
        """Remove every version, marker and unfinished upload. Raises RefusedByLock and leaves the lock alone."""
        self.store.check()
        key, bucket = self.store.key(location), self.store.bucket
        for upload in self.store.uploads(location):
            with suppress(NotStored):
                bucket.call("abort_multipart_upload", Key=key, UploadId=upload)
        # The newest go first: a deletion that is cut short leaves the footage itself to the last.
        for version in reversed(self.store.versions(location)):
            try:
                bucket.call("delete_object", Key=key, VersionId=version)
            except BucketRefused as refused:
                if refused.code in LOCKED:
                    raise self._locked(location, str(refused)) from refused
                if not refused.is_missing:
                    raise

    def _locked(self, location: Location, answer: str) -> RefusedByLock:
        why = "its credentials may not delete versions"
        with suppress(NotStored, BucketRefused):
            until = self.store.head(location).get("ObjectLockRetainUntilDate")
            if _legal_hold(self.store, location):
                why = "a legal hold is on it in the bucket"
            elif until and until > datetime.now(UTC):
                why = f"the bucket retains it until {until.isoformat()}"
        return RefusedByLock(f"{location!r} can't be deleted from store {self.store.name!r}, {why} ({answer})")


@dataclass(frozen=True, slots=True)
class S3LegalHolds:
    """The second guard: what a hold covers can't be deleted in the bucket either, whoever asks."""

    store: S3Store

    def put(self, location: Location) -> None:
        """Put a legal hold on the footage. Raises NotStored, StoreUnreachable."""
        self._set(location, "ON")

    def lift(self, location: Location) -> None:
        """Take the legal hold off. Raises NotStored, StoreUnreachable."""
        self._set(location, "OFF")

    def is_on(self, location: Location) -> bool:
        """Ask the bucket, for HEAD doesn't tell it of every version everywhere. Raises NotStored, StoreUnreachable."""
        return _legal_hold(self.store, location)

    def _set(self, location: Location, status: str) -> None:
        version = self.store.first_version(location)
        self.store.bucket.call(
            "put_object_legal_hold", Key=self.store.key(location), VersionId=version, LegalHold={"Status": status}
        )


def _legal_hold(store: S3Store, location: Location) -> bool:
    version = store.first_version(location)
    try:
        told = store.bucket.call("get_object_legal_hold", Key=store.key(location), VersionId=version)
    except BucketRefused as refused:
        if refused.code in NO_LOCK:
            return False
        raise
    return bool(told.get("LegalHold", {}).get("Status") == "ON")
