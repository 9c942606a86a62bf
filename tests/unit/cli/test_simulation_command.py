"""``policy simulate`` on an exported log: report and digest, names of what it would hit, a picture in each language."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from services.cli.application import app
from services.kernel.envelope import Actor, Recorded, recorded
from services.kernel.events import CameraBound, Event, HoldPlaced, PolicyInForce, SegmentRecorded
from services.kernel.ids import NAMESPACE, PROTECTION_LOG
from services.kernel.scope import Scope
from services.kernel.simulation import TOPICS_READ
from services.kernel.topics import BY_NAME
from services.runtime.codec import Codec
from services.runtime.log_folder import append
from services.runtime.packs import load_pack
from services.runtime.registry import open_registry
from services.runtime.settings import REPOSITORY, Settings
from tests.fakes.facts import told

DAY = timedelta(days=1)
T0 = datetime(2026, 3, 1, tzinfo=UTC)
DAAN = REPOSITORY / "policies" / "daan-cctv"


def on_the_log(seq: int, event: Event, at: datetime) -> Recorded:
    actor = Actor(id="access", role="service:access")
    return recorded(event, stream_id=PROTECTION_LOG, stream_version=seq, at=at, actor=actor)


def protections() -> list[Recorded]:
    pack = load_pack(DAAN)
    version: dict[str, Any] = {"policy_id": pack.id, "version": pack.version, "digest": pack.digest}
    scope = Scope(cameras=("cam-1",), starts_at=T0 + 10 * DAY, ends_at=T0 + 11 * DAY)
    hold = HoldPlaced(
        hold_id=NAMESPACE,
        seq=3,
        kind="hold",
        hold_kind="preservation",
        scope=scope,
        matter="case-7",
        authority="court",
        review_by=None,
        protects_until=None,
        request_id="",
    )
    bound = CameraBound(seq=2, policy_id=pack.id, camera_id="cam-1", retention_class="", binding_from=T0)
    return [
        on_the_log(1, PolicyInForce(seq=1, binding_from=T0 - DAY, shortens=False, **version), T0 - DAY),
        on_the_log(2, bound, T0 - DAY),
        on_the_log(3, hold, T0 + 60 * DAY),
    ]


def footage() -> list[Recorded]:
    starts = (T0 + n * DAY for n in range(90))
    same: dict[str, Any] = {"camera_id": "cam-1", "generation": 1, "retention_class": "", "officer": ""}
    return [
        told(
            SegmentRecorded,
            {"recorded_at": start + DAY / 24},
            started_at=start,
            ended_at=start + DAY / 24,
            recovery_from=datetime(1970, 1, 1, tzinfo=UTC),
            **same,
        )
        for start in starts
    ]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    codec = Codec(open_registry(Settings()))
    contents = {"hold.events": protections(), "segment.events": footage()}
    for topic in TOPICS_READ:
        values = [codec.encode(each, BY_NAME[topic].writer) for each in contents.get(topic, [])]
        append(tmp_path / "log", topic, values)
    return tmp_path / "log"


@pytest.fixture
def thirty(tmp_path: Path) -> Path:
    shutil.copytree(DAAN, tmp_path / "thirty")
    document = yaml.safe_load((DAAN / "policy.yaml").read_text())
    document["version"] += 1
    document["retention"]["rules"][0]["keep_at_least"] = "P30D"
    (tmp_path / "thirty" / "policy.yaml").write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))
    return tmp_path / "thirty"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["policy", "simulate", *map(str, arguments)])


def test_a_thirty_day_version_names_the_hold_that_would_have_come_too_late(log: Path, thirty: Path) -> None:
    done = run(thirty, "--log", log)
    assert done.exit_code == 0, done.output
    assert "holds that would have come too late: 1" in done.output
    assert "case-7" in done.output


def test_the_file_s_sha256_is_the_digest_that_an_adoption_cites(log: Path, thirty: Path, tmp_path: Path) -> None:
    done = run(thirty, "--log", log, "--out", tmp_path / "report.json", "--json")
    told_digest = json.loads(done.stdout)["report_digest"]
    assert told_digest == sha256((tmp_path / "report.json").read_bytes()).hexdigest()


def test_the_current_policy_differs_in_nothing(log: Path) -> None:
    report = json.loads(run("daan-cctv", "--log", log, "--json").stdout)["report"]
    assert report["totals"]["unchanged"]["segments"] == report["totals"]["considered"]["segments"] == 90


def test_the_picture_is_one_page_in_each_language_without_script(log: Path, thirty: Path, tmp_path: Path) -> None:
    assert run(thirty, "--log", log, "--picture", tmp_path / "what").exit_code == 0
    english, chinese = ((tmp_path / f"what.{each}.html").read_text() for each in ("en", "zh-Hant"))
    assert "Holds and rescues that would have come too late" in english
    assert "將來不及的影像保全與恢復" in chinese
    for page in (english, chinese):
        assert "<svg" in page
        assert "case-7" in page
        assert "<script" not in page


def test_a_file_cut_off_is_named_with_its_byte(log: Path, thirty: Path) -> None:
    path = log / "segment.events.records"
    path.write_bytes(path.read_bytes()[:-5])
    done = run(thirty, "--log", log)
    assert done.exit_code == 1
    assert "no whole record at byte" in done.output


def test_a_folder_that_is_no_log_is_refused(thirty: Path, tmp_path: Path) -> None:
    done = run(thirty, "--log", tmp_path)
    assert (done.exit_code, "export-log" in done.output) == (1, True)


def test_an_instant_without_a_zone_is_refused(log: Path, thirty: Path) -> None:
    done = run(thirty, "--log", log, "--as-of", "2026-06-01T00:00:00")
    assert done.exit_code == 2
