"""Whether footage can be put in place safely where it is to lie, and whether there is room."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from services.cli.operations.doctor.finding import Finding
from services.ingest.settings import IngestSettings
from services.ingest.storage.address import BadAddress, address
from services.runtime.settings import Settings


def storage_findings(settings: Settings, own: IngestSettings) -> list[Finding]:
    """Try the store, and the replica if there is one; nothing stays behind."""
    stores = [own.storage or str(settings.home / "ingest" / "store"), own.storage_replica]
    return [finding for store in stores if store for finding in _store_findings(store, own.reserve_bytes)]


def _store_findings(store: str, reserve_bytes: int) -> Iterator[Finding]:
    try:
        at = address(store)
    except BadAddress as wrong:
        yield Finding(name="store-address", where=store.partition("?")[0], found=str(wrong))
        return
    # A bucket is asked by ingest itself, which starts only where it can version, lock and hold.
    if isinstance(at, Path):
        yield from folder_findings(at, reserve_bytes)


def folder_findings(folder: Path, reserve_bytes: int) -> Iterator[Finding]:
    """Return what is unsafe about a folder, or the nearest one above it that exists."""
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    try:
        with TemporaryDirectory(dir=there, prefix=".doctor-") as aside:
            yield from _links(Path(aside), folder)
    except OSError as error:
        yield Finding(name="store-not-writable", where=str(folder), found=error.strerror or str(error))
    free = shutil.disk_usage(there).free
    if free < reserve_bytes:
        yield Finding(name="disk-full", where=str(folder), found=f"{free:,} of {reserve_bytes:,} bytes free")


def _links(aside: Path, folder: Path) -> Iterator[Finding]:
    (aside / "one").write_bytes(b"x")
    try:
        os.link(aside / "one", aside / "two")
    except OSError as error:
        yield Finding(name="no-hard-links", where=str(folder), found=error.strerror or str(error))
