"""What a killed process left in ingest's working folders is footage, and no receipt would ever name it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.ingest.storage.adapter import Location
from services.ingest.storage.bucket import Bucket
from services.ingest.storage.s3 import S3Store
from services.ingest.work_folders import emptied, work_folder, working_in

PLACE = Location("cam/a.mp4")

KILLED = """
import os, signal
from services.ingest.storage.s3 import S3Store
class Stuck(S3Store):
    def open(self, location, start=0, length=None):
        yield b"f" * (1 << 20)
        os.kill(os.getpid(), signal.SIGKILL)
with Stuck(None, id="ours").borrow("cam/a.mp4"):
    pass
"""


class Away(S3Store):
    """A store that has its footage at hand and nothing unfinished in its bucket."""

    def open(self, location: Location, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        del location, start, length
        return iter([b"footage"])

    def check(self) -> None:
        """It is there."""

    def _unfinished(self, prefix: str, *, exactly: bool = False) -> Iterator[dict[str, Any]]:
        del prefix, exactly
        return iter(())


def test_files_and_whole_folders_of_killed_processes_go_and_what_a_link_leads_to_stays(tmp_path: Path) -> None:
    elsewhere, work = tmp_path / "elsewhere", tmp_path / "uploads"
    for folder in (elsewhere, work / "cut-killed", work / "cut-killed" / "deeper"):
        folder.mkdir(parents=True)
        (folder / "source").write_bytes(b"footage")
    (work / "spooled.mp4").write_bytes(b"footage")
    (work / "link").symlink_to(elsewhere)
    emptied(work)
    assert list(work.iterdir()) == []
    assert (elsewhere / "source").exists()


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    emptied(tmp_path / "ingest" / "workshop")
    assert (tmp_path / "ingest" / "workshop").is_dir()


def test_what_somebody_works_in_stays_until_he_leaves(tmp_path: Path) -> None:
    cut = work_folder(tmp_path, "cut-")
    with working_in(tmp_path, "treated-") as treated:
        (treated / "pictures.mp4").write_bytes(b"footage")
        emptied(tmp_path)
        assert sorted(tmp_path.iterdir()) == [cut.path, treated]
        assert (treated / "pictures.mp4").exists()
    cut.leave()
    assert list(tmp_path.iterdir()) == []


def test_what_was_fetched_from_a_bucket_does_not_outlive_a_killed_process_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED], env=os.environ | {"TMPDIR": str(tmp_path)}, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert [path for path in tmp_path.rglob("*") if path.is_file()]
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    store = Away(cast("Bucket", SimpleNamespace(address=SimpleNamespace(prefix=""))), id="ours")
    with store.borrow(PLACE) as lent:
        store.clear_unfinished()
        assert lent.read_bytes() == b"footage"
    assert list(tmp_path.iterdir()) == []
