"""Send one object to a bucket, whole or in parts, each request with its checksum and only where nothing lies yet."""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

from services.ingest.storage.adapter import CHUNK_BYTES, StorageError
from services.ingest.storage.bucket import Bucket, BucketRefused

TAKEN = frozenset({"PreconditionFailed", "412"})
"""What a bucket answers when something lies there already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """What was sent, by our own count and hash, and the version that the bucket made of it."""

    sha256: str
    size_bytes: int
    version: str


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload to one key. Never more than a part of it is in memory."""

    bucket: Bucket
    key: str
    part_bytes: int

    def send(self, source: BinaryIO) -> Uploaded:
        """Read the source to its end and send it. Raises BucketRefused (``TAKEN``) and what ``call`` raises."""
        first = _full(source, self.part_bytes)
        if len(first) == self.part_bytes:
            return self._in_parts(source, first)
        version = self._whole(first)
        return Uploaded(sha256=hashlib.sha256(first).hexdigest(), size_bytes=len(first), version=version)

    def _whole(self, body: bytes) -> str:
        checksum = _checksum(body)
        try:
            done = self.bucket.call("put_object", Key=self.key, Body=body, ChecksumSHA256=checksum, IfNoneMatch="*")
        except BucketRefused as refused:
            # The answer to our own first attempt was lost: what lies there is what we sent.
            if refused.code in TAKEN and refused.retries and (mine := self._lies_there(body)):
                return mine
            raise
        return str(done["VersionId"])

    def _lies_there(self, body: bytes) -> str:
        got = self.bucket.call("get_object", Key=self.key)
        there = b"".join(self.bucket.chunks(got["Body"], CHUNK_BYTES))
        return str(got["VersionId"]) if there == body else ""

    def _in_parts(self, source: BinaryIO, first: bytes) -> Uploaded:
        begun = self.bucket.call("create_multipart_upload", Key=self.key, ChecksumAlgorithm="SHA256")
        upload, digest, size, parts = begun["UploadId"], hashlib.sha256(), 0, list[dict[str, Any]]()
        try:
            part = first
            while part:
                digest.update(part)
                size += len(part)
                parts.append(self._part(upload, len(parts) + 1, part))
                part = _full(source, self.part_bytes)
            whole = {"Parts": parts}
            done = self.bucket.call(
                "complete_multipart_upload", Key=self.key, UploadId=upload, MultipartUpload=whole, IfNoneMatch="*"
            )
        except BaseException:
            with suppress(StorageError):
                self.bucket.call("abort_multipart_upload", Key=self.key, UploadId=upload)
            raise
        return Uploaded(sha256=digest.hexdigest(), size_bytes=size, version=str(done["VersionId"]))

    def _part(self, upload: str, number: int, body: bytes) -> dict[str, Any]:
        checksum, where = _checksum(body), {"Key": self.key, "UploadId": upload, "PartNumber": number}
        sent = self.bucket.call("upload_part", Body=body, ChecksumSHA256=checksum, **where)
        return {"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": checksum}


def _full(source: BinaryIO, size: int) -> bytes:
    """Read ``size`` bytes, fewer only at the end: a raw stream may give less at a time."""
    read = bytearray()
    while len(read) < size and (chunk := source.read(size - len(read))):
        read += chunk
    return bytes(read)


def _checksum(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()
