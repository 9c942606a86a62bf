"""Ctrl-C is heard while an installation starts, not only once everything is ready."""

from __future__ import annotations

import subprocess
import sys
from multiprocessing import forkserver
from pathlib import Path
from threading import Event

import pytest

from services.cli.up.children import server
from services.cli.up.installation import Installation, Stopped


def test_whoever_asks_for_an_end_does_not_wait_for_a_service_that_never_comes(tmp_path: Path) -> None:
    stop, said = Event(), list[str]()
    installation = Installation(tmp_path, kafka="k", database="d", say=said.append, stop=stop)
    installation.urls = {"ingest": "http://127.0.0.1:9"}
    stop.set()
    with pytest.raises(Stopped):
        installation._wait_ready()
    assert said == []


def test_the_process_that_services_are_forked_from_leaves_ctrl_c_to_its_parent() -> None:
    server()
    first, *_ = forkserver._forkserver._preload_modules  # type: ignore[attr-defined]
    loads = f"import os, signal, {first}; os.kill(os.getpid(), signal.SIGINT); print('goes on')"
    ended = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "goes on\n"), ended.stderr
