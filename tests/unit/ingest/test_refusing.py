"""What is told of a file that was refused: nothing of what lies behind a link, and no file is waited for."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Thread

from services.ingest.intake.refusing import _identity
from services.ingest.storage.copies import sha256_of
from tests.fakes.ledger_world import until


def test_a_plain_file_is_known_by_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"pictures")
    assert _identity(path) == (8, sha256_of(path))


def test_a_link_tells_nothing_of_what_it_leads_to(tmp_path: Path) -> None:
    secret = tmp_path / "people.yaml"
    secret.write_text("token")
    (tmp_path / "a.mp4").symlink_to(secret)
    assert _identity(tmp_path / "a.mp4") == (0, "")


def test_a_pipe_that_nobody_writes_to_does_not_stop_the_intake(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mp4")
    found: list[tuple[int, str]] = []
    Thread(target=lambda: found.append(_identity(tmp_path / "a.mp4")), daemon=True).start()
    until(lambda: found == [(0, "")])
