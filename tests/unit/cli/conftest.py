"""The command line in this process, as its entry point runs it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from services.cli import main
from tests.fakes.answering import Answering, answering


class Ended(NamedTuple):
    """How a command ended and what it said, its line breaks and frames taken out of errors."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def camledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("CAMLEDGER_HOME", str(tmp_path))
    monkeypatch.setenv("CAMLEDGER_AS", "sysman-wu")
    monkeypatch.delenv("CAMLEDGER_TOKEN", raising=False)

    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["camledger", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Ended(int(ended.value.code or 0), said.out, " ".join(said.err.replace("│", " ").split()))

    return run


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Answering]:
    with answering() as one:
        one.home(tmp_path)
        yield one
