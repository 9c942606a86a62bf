"""``camledger register`` and ``report`` against the real HTTP interface: what they print, write, and end with."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from services.kernel.events import DestructionStarted, SegmentRecorded
from services.kernel.ids import event_id
from services.runtime.schemas.examples import FIRST_INSTANT
from tests.fakes.facts import told
from tests.integration.analytics.conftest import Bench

DONE, REFUSED = 0, 1


@pytest.fixture
def home(bench: Bench, tmp_path: Path) -> Iterator[Path]:
    """A data folder as ``camledger up`` writes it, with analytics running and one file in the catalog."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    people = {account: account for account in ("auditor-fong", "officer-lin")}
    (tmp_path / "client.json").write_text(json.dumps({"services": {"analytics": url}, "people": people}))
    served = replace(bench, settings=bench.settings.model_copy(update={"http_port": port}))
    bench.tell(
        [told(SegmentRecorded, camera_id="cam-1", started_at=FIRST_INSTANT, generation=1, location="一號/a.mp4")]
    )
    with served.running("worker", "http"):
        bench.await_rows("SELECT 1 FROM segment", 1)
        yield tmp_path


def camledger(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    known = os.environ | {"CAMLEDGER_HOME": str(home), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "services.cli", *words], env=known, capture_output=True, text=True, check=False
    )


def test_the_catalog_is_shown_written_as_a_sheet_and_refused_to_an_officer(home: Path) -> None:
    assert "cam-1" in camledger(home, "register", "catalog").stdout
    sheet = home / "catalog.csv"
    assert camledger(home, "register", "catalog", "--csv", str(sheet)).returncode == DONE
    assert "一號/a.mp4" in sheet.read_text("utf-8-sig")
    refused = camledger(home, "register", "access", "--as", "officer-lin", "--csv", str(home / "access.csv"))
    assert refused.returncode == REFUSED
    assert not list(home.glob("access.csv*")), "nothing half-done stays"


def test_the_statistic_ends_with_a_finding_when_a_receipt_is_missing(home: Path, bench: Bench) -> None:
    assert camledger(home, "report", "statistic").returncode == DONE
    late = {"event_id": event_id("late", 2), "stream_id": "late", "stream_version": 2}
    late |= {"recorded_at": FIRST_INSTANT + timedelta(hours=1)}
    bench.tell([told(DestructionStarted, late, camera_id="cam-1", started_at=FIRST_INSTANT, generation=1)])
    bench.await_rows("SELECT 1 FROM segment WHERE destroying_at IS NOT NULL", 1)
    assert camledger(home, "report", "statistic").returncode == REFUSED
