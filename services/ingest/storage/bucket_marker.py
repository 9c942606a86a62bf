"""The marker of a prefix that is a store, written only where none is: two that make it at once read the same."""

from __future__ import annotations

from services.ingest.storage.adapter import CHUNK_BYTES, StoreUnreachable
from services.ingest.storage.bucket import Bucket, BucketRefused
from services.ingest.storage.identity import MARKER, Mark
from services.ingest.storage.s3_upload import TAKEN


def read(bucket: Bucket) -> Mark | None:
    """Return what the marker says, None where there is none. Raises StoreUnreachable."""
    try:
        got = bucket.call("get_object", Key=_key(bucket))
    except BucketRefused as refused:
        if refused.is_missing:
            return None
        raise
    return Mark.of(b"".join(bucket.chunks(got["Body"], CHUNK_BYTES)).decode("utf-8", "replace"))


def write_once(bucket: Bucket, mark: Mark) -> None:
    """Mark the prefix, unless it is marked by now. Raises StoreUnreachable for one with other objects."""
    pages = bucket.pages("list_object_versions", Prefix=bucket.address.prefix, MaxKeys=2)
    if any(each["Key"] != _key(bucket) for page in pages for each in page.get("Versions", ())):
        raise StoreUnreachable(
            f"{bucket.address} isn't empty and has no {MARKER}: use an empty prefix, or the right bucket"
        )
    try:
        bucket.call("put_object", Key=_key(bucket), Body=str(mark).encode(), IfNoneMatch="*")
    except BucketRefused as refused:
        if refused.code not in TAKEN:
            raise


def rewrite(bucket: Bucket, mark: Mark) -> None:
    """Put another mark over what is there."""
    bucket.call("put_object", Key=_key(bucket), Body=str(mark).encode())


def _key(bucket: Bucket) -> str:
    return bucket.address.prefix + MARKER
