"""Under which name an upload lies while it comes in: one of ours, whatever its source calls it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from services.ingest.http import Rooms
from services.ingest.intake.http import _spool


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a.MP4", ".MP4"), ("../../a.mkv", ".mkv"), (f"a.{'x' * 300}", ""), ("a.影像", ""), ("a.m\x00", ""), ("..", "")],
)
def test_a_sources_name_gives_an_upload_its_suffix_at_most(tmp_path: Path, name: str, suffix: str) -> None:
    with _spool(cast("Rooms", SimpleNamespace(uploads=tmp_path)), name) as path:
        path.write_bytes(b"pictures")
        assert (path.parent, path.suffix) == (tmp_path, suffix)
    assert [*tmp_path.iterdir()] == []
