"""A destruction that was not lawful is found on a real log, among many that were; what can't be judged isn't passed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from bench.needle import PLANTED, City, is_planted
from services.cli.operations.lawfulness import lawfulness
from services.kernel.lawful import Promise
from services.runtime.packs import load_pack
from services.runtime.settings import REPOSITORY, Settings
from services.runtime.topics_admin import ensure_topics
from tests.conftest import Broker
from tests.fakes.pack_giver import PackGiver, files


@pytest.fixture
def settings(kafka: Broker, tmp_path: Path) -> Settings:
    """Topics with a small city's log: twelve camera hours that went, one hour that is held, one bad deletion."""
    made = Settings(service="test", kafka=kafka.bootstrap_servers, topic_prefix=kafka.prefix, home=tmp_path)
    ensure_topics(made)
    City(made, load_pack(REPOSITORY / "policies" / "daan-cctv")).write(12)
    return made


def test_the_planted_deletion_alone_is_found_and_named(settings: Settings) -> None:
    lines = lawfulness(settings)
    found = [{"fault": line.fault} for line in lines if line.fault]
    assert is_planted(found), found
    assert {line.table: line.rows for line in lines} == dict.fromkeys(Promise, 11 * 60 + 1)
    assert PLANTED.camera_id in found[0]["fault"]


def test_without_the_files_of_the_version_that_bound_every_promise_is_open(settings: Settings, tmp_path: Path) -> None:
    lines = lawfulness(settings.model_copy(update={"policies": tmp_path}))
    assert len(lines) == len(Promise)
    assert all("can't be judged: daan-cctv version 2" in line.fault for line in lines)


def test_a_version_that_is_in_no_folder_here_is_asked_of_access(settings: Settings, tmp_path: Path) -> None:
    access = PackGiver(files())
    asks = {"policies": tmp_path / "none", "access_url": access.url, "service_token": "t"}
    with closing(access):
        lines = lawfulness(settings.model_copy(update=asks))
    found = [{"fault": line.fault} for line in lines if line.fault]
    assert is_planted(found), found
