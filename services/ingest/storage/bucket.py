"""The calls to one bucket, with every answer that isn't a success turned into a word of ``adapter``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session, get_session

from services.ingest.storage.adapter import StorageExhausted, StoreUnreachable
from services.ingest.storage.address import BucketAddress

DEFAULT_REGION = "us-east-1"
# A bucket that hangs must be given up before the part of the process that waits for it counts as dead.
ATTEMPTS_MAX, CONNECT_S, READ_S, CONNECTIONS_MAX = 3, 5, 20, 20
NO_ROOM = frozenset({"QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientCapacity"})
INSUFFICIENT_STORAGE = 507
# The servers differ in what they call a refusal to delete what is locked.
LOCKED = frozenset({"AccessDenied", "InvalidRequest", "ObjectLocked", "MethodNotAllowed", "AccessForbidden"})
NO_LOCK = frozenset({"NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"})
MISSING = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NotFound", "NoSuchUpload", "405"})


class BucketRefused(StoreUnreachable):
    """The bucket answered, but not what was asked: whatever was to be proved isn't."""

    def __init__(self, message: str, *, code: str, retries: int) -> None:
        super().__init__(message)
        self.code = code
        self.retries = retries

    @property
    def is_missing(self) -> bool:
        return self.code in MISSING


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket behind one client, which any number of threads may use."""

    name: str  # of the store, for messages
    address: BucketAddress
    client: Any  # botocore makes its clients at run time: no type exists to name

    def call(self, operation: str, **parameters: object) -> dict[str, Any]:
        """Call an operation on the bucket. Raises BucketRefused, StorageExhausted, StoreUnreachable."""
        try:
            answer: dict[str, Any] = getattr(self.client, operation)(Bucket=self.address.bucket, **parameters)
        except ClientError as refused:
            raise self._refused(operation, refused.response) from refused
        except BotoCoreError as silent:
            raise self.unreachable(silent) from silent
        return answer

    def pages(self, operation: str, **parameters: object) -> Iterator[dict[str, Any]]:
        """Yield the pages of a listing. Raises as ``call`` does."""
        try:
            yield from self.client.get_paginator(operation).paginate(Bucket=self.address.bucket, **parameters)
        except ClientError as refused:
            raise self._refused(operation, refused.response) from refused
        except BotoCoreError as silent:
            raise self.unreachable(silent) from silent

    def chunks(self, body: Any, size: int) -> Iterator[bytes]:  # noqa: ANN401 - as the client
        """Yield an object's body; a connection that breaks is StoreUnreachable, never a short file."""
        try:
            yield from body.iter_chunks(size)
        except BotoCoreError as broken:
            raise self.unreachable(broken) from broken
        finally:
            body.close()

    def unreachable(self, why: Exception) -> StoreUnreachable:
        """Return the error that says that the bucket doesn't answer."""
        return StoreUnreachable(f"store {self.name!r} at {self.address} doesn't answer: {why}")

    def _refused(self, operation: str, answer: Mapping[str, Any]) -> StorageExhausted | BucketRefused:
        told, meta = answer.get("Error", {}), answer.get("ResponseMetadata", {})
        code = str(told.get("Code", ""))
        if code in NO_ROOM or meta.get("HTTPStatusCode") == INSUFFICIENT_STORAGE:
            return StorageExhausted(store=self.name, needed_bytes=None, free_bytes=0, reserve_bytes=0)
        message = f"store {self.name!r} at {self.address} refused {operation}: {code} {told.get('Message', '')}"
        return BucketRefused(message, code=code, retries=int(meta.get("RetryAttempts", 0)))


def must_be_able(bucket: Bucket) -> None:
    """Raise StoreUnreachable for a bucket that isn't there, keeps no versions or has no locks."""
    at = bucket.address
    try:
        versioning = bucket.call("get_bucket_versioning").get("Status")
    except BucketRefused as refused:
        if refused.code in {"NoSuchBucket", "404"}:
            raise StoreUnreachable(f"{at}: no such bucket; create it with Object Lock, or name another") from None
        raise
    if versioning != "Enabled":
        raise StoreUnreachable(f"{at} has versioning {versioning or 'off'}: footage needs it; turn it on")
    try:
        lock = bucket.call("get_object_lock_configuration").get("ObjectLockConfiguration", {})
    except BucketRefused:
        lock = {}
    if lock.get("ObjectLockEnabled") != "Enabled":
        raise StoreUnreachable(f"{at} has no Object Lock: holds need it; create a bucket with Object Lock enabled")


@cache
def _session() -> Session:
    """One for all clients: it reads the description of the whole interface once."""
    return get_session()


def bucket(address: BucketAddress, name: str) -> Bucket:
    """Return a bucket's client. Keys come from the environment (AWS_ACCESS_KEY_ID, ...), a role or a mounted file."""
    config = Config(
        connect_timeout=CONNECT_S,
        read_timeout=READ_S,
        max_pool_connections=CONNECTIONS_MAX,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS_MAX},
        s3={"addressing_style": "path" if address.path_style else "auto"},
        # We send and compare SHA-256 ourselves; servers differ in what else they understand.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    region = address.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
    client = _session().create_client("s3", region_name=region, endpoint_url=address.endpoint or None, config=config)
    return Bucket(name, address, client)
