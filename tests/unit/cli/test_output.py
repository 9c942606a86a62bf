"""Whoever reads what a command says may go, and the disk below may be full: the command does and ends as without."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CAMLEDGER = (sys.executable, "-m", "services.cli")
SAYS_AND_FINDS = """
import typer
from services.cli import application, main
from services.cli.terminal import console

@application.app.command()
def speak() -> None:
    console.print("first " * 20_000)
    typer.echo("second " * 20_000)
    open("done", "w").close()
    raise typer.Exit(1)

application.VERBS["speak"] = application.Verb("", "", "")
application.Verbs.get_command = lambda self, ctx, name: application._named(name, speak)
main()
"""


def shell(script: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "CAMLEDGER_HOME": str(folder)}
    command = ["bash", "-c", script, "bash", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("streams", [">&-", ">&- 2>&-", "<&- >&- 2>&-", "2>&- >/dev/null"])
def test_with_a_stream_closed_a_command_ends_as_without(tmp_path: Path, streams: str) -> None:
    for words, code in ((("--help",), 0), (("segment", "list"), 3), (("hold", "show", "nope"), 2)):
        ended = shell(f'"$@" {streams}', tmp_path, *CAMLEDGER, *words)
        assert (ended.returncode, "Traceback" in ended.stderr) == (code, False), (words, ended)


def test_a_reader_who_goes_changes_neither_what_is_done_nor_the_code_of_a_finding(tmp_path: Path) -> None:
    ended = shell('"$@" | true; echo ${PIPESTATUS[0]}', tmp_path, sys.executable, "-c", SAYS_AND_FINDS, "speak")
    assert (ended.stdout, ended.stderr) == ("1\n", "")
    assert (tmp_path / "done").exists()


def test_an_answer_that_finds_no_room_is_told_and_what_was_begun_is_done(tmp_path: Path) -> None:
    ended = shell('"$@" >/dev/full', tmp_path, sys.executable, "-c", SAYS_AND_FINDS, "speak")
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)
    assert "the answer can't be written (No space left on device)" in ended.stderr
    assert (tmp_path / "done").exists()
