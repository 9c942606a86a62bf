"""One real object store for the whole session; each test has a prefix of its own in it."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from services.ingest.storage.s3 import S3Store
from tests.fakes.object_store import ObjectStore, object_store

BUCKET = "footage"
PART_BYTES = 5 * 1024 * 1024  # the smallest that servers take


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """The server; tests that ask for it skip where it isn't built."""
    with object_store(tmp_path_factory.mktemp("object-store")) as started:
        started.make(BUCKET)
        yield started


@pytest.fixture
def in_bucket(server: ObjectStore) -> S3Store:
    """A store below a prefix that no other test has."""
    return S3Store.create(server.address(BUCKET, uuid4().hex[:12]), "bucket", part_bytes=PART_BYTES)
