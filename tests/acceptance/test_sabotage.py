"""The check can fail: each wrong done on purpose is found and named, and without one it finds nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.conftest import REPOSITORY, Finished

WRONGS = {
    "held": "nothing destroyed under hold",
    "receipt": "every destruction has a receipt",
    "chain": "every view has a chain",
    "early": "nothing destroyed early",
    "lost": "nothing lost and nothing doubled",
}


def camledger(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.cli", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize(("sabotage", "rule"), WRONGS.items())
def test_each_wrong_is_found_and_named(finished: Finished, tmp_path: Path, sabotage: str, rule: str) -> None:
    folder = finished.copy(tmp_path / "demo")
    ended = camledger("demo", "--check", "--data", str(folder), "--sabotage", sabotage)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert f"must not be     {rule}" in ended.stdout
    assert "every view with its chain" not in ended.stdout


def test_without_a_wrong_the_same_check_finds_nothing(finished: Finished) -> None:
    ended = camledger("demo", "--check", "--data", str(finished.folder))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "must not be" not in ended.stdout


def test_a_sabotaged_folder_is_never_taken_for_a_plain_one(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "sabotaged").write_text("held")
    ended = camledger("demo", "--data", str(folder))
    assert ended.returncode == 2
    # The terminal folds a long path, so the sentence may stand on several lines.
    assert "was sabotaged (held)" in " ".join(ended.stderr.split())
