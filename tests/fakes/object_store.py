"""A real object store as a process of its own on loopback, with its data in a temporary folder."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts.fetch_object_stores import SERVERS
from services.ingest.storage.address import BucketAddress
from services.ingest.storage.bucket import Bucket, bucket
from tests.fakes.ledger_world import free_port

# Which server the contract suite runs against; the other one has a target of its own.
SERVER = os.environ.get("CAMLEDGER_TEST_OBJECT_STORE", "versitygw")
MAKE = {"versitygw": "make object-store", "minio": "make test-minio"}
PATIENCE_S = 60.0
KEYS = {"AWS_ACCESS_KEY_ID": "tests-only", "AWS_SECRET_ACCESS_KEY": "tests-only-secret"}


@dataclass(slots=True)
class ObjectStore:
    """The server, and the address of each bucket that a test makes in it."""

    endpoint: str
    process: subprocess.Popen[bytes]
    start: Callable[[], subprocess.Popen[bytes]]

    def stop(self) -> None:
        """End it at once, as a power cut does."""
        self.process.kill()
        self.process.wait()

    def again(self) -> None:
        """Start it again with the same data, at the same address."""
        self.process = self.start()

    def address(self, name: str, prefix: str = "camledger") -> BucketAddress:
        """Return a bucket's address."""
        below = f"{prefix}/" if prefix else ""
        return BucketAddress(bucket=name, prefix=below, endpoint=self.endpoint, region="us-east-1", path_style=True)

    def url(self, name: str, prefix: str = "camledger") -> str:
        """Return a bucket's address as a setting."""
        return f"s3://{name}/{prefix}?endpoint={self.endpoint}&region=us-east-1&path_style=true"

    def raw(self, name: str) -> Bucket:
        """Return a client that can do what the product can't."""
        return bucket(self.address(name), "raw")

    def make(self, name: str, *, lock: bool = True, versioned: bool = True) -> str:
        """Create a bucket and return its name."""
        raw = self.raw(name)
        raw.call("create_bucket", ObjectLockEnabledForBucket=lock)
        if versioned and not lock:
            raw.call("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"})
        return name


@contextmanager
def object_store(folder: Path, server: str = SERVER) -> Iterator[ObjectStore]:
    """Start the server; skip the test, visibly, where nobody has built it. Its keys stand in the environment."""
    program = SERVERS[server].program
    if not program.exists():
        pytest.skip(f"{server} isn't built here: {MAKE[server]}")
    os.environ.update(KEYS)
    port = free_port()

    def start() -> subprocess.Popen[bytes]:
        with (folder / "server.log").open("ab") as log:
            command, own = _command(server, program, port, folder), os.environ | _keys(server)
            process = subprocess.Popen(command, env=own, stdout=log, stderr=log)
        _wait(process, port, folder / "server.log")
        return process

    store = ObjectStore(f"http://127.0.0.1:{port}", start(), start)
    try:
        yield store
    finally:
        store.stop()


def lock_of(raw: Bucket, key: str) -> str:
    """Return the legal hold of an object as the bucket tells it."""
    head: dict[str, Any] = raw.call("head_object", Key=key)
    return str(head.get("ObjectLockLegalHoldStatus", "OFF"))


def _command(server: str, program: Path, port: int, folder: Path) -> list[str]:
    if server == "minio":
        data = folder / "data"
        return [str(program), "server", "--address", f"127.0.0.1:{port}", "--quiet", str(data)]
    # Unrelated absolute folders: versions inside the buckets' folder are refused.
    root, versions = folder / "buckets", folder / "versions"
    for each in (root, versions):
        each.mkdir(exist_ok=True)
    where = ["posix", "--versioning-dir", str(versions), str(root)]
    return [str(program), "--port", f"127.0.0.1:{port}", "--quiet", *where]


def _keys(server: str) -> dict[str, str]:
    names = ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD") if server == "minio" else ("ROOT_ACCESS_KEY", "ROOT_SECRET_KEY")
    return dict(zip(names, KEYS.values(), strict=True))


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the object store never listened:\n{log.read_text()[-2000:]}")
