"""The doctor's judgement on settings as they are told, and how findings read in both languages."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from services.cli.application import app
from services.cli.operations.doctor.broker import cluster_findings, topic_findings
from services.cli.operations.doctor.clock import offset_findings
from services.cli.operations.doctor.database import server_findings
from services.cli.operations.doctor.finding import CHINESE, DANGER, ENGLISH, WORDS, Finding
from services.cli.operations.doctor.parts import parts_findings, service_findings
from services.cli.operations.doctor.people import entry_findings, people_findings
from services.cli.operations.doctor.storage import folder_findings
from services.runtime.identity import People
from services.runtime.settings import Settings
from services.runtime.topics_admin import configs
from tests.fakes.liveness import serving

SAFE_SERVER = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "data_checksums": "on"}


def names(found: object) -> set[str]:
    return {one.name for one in found}  # type: ignore[attr-defined]


def test_a_topic_as_we_create_it_with_three_replicas_is_safe() -> None:
    assert not names(topic_findings("t", configs(3), 3, embedded=False))


@pytest.mark.parametrize(
    ("setting", "value", "name"),
    [
        ("retention.ms", "604800000", "history-expires"),
        ("cleanup.policy", "compact", "history-expires"),
        ("unclean.leader.election.enable", "true", "unclean-election"),
        ("min.insync.replicas", "1", "weak-acknowledgement"),
    ],
)
def test_each_setting_that_could_lose_records_is_named(setting: str, value: str, name: str) -> None:
    assert names(topic_findings("t", configs(3) | {setting: value}, 3, embedded=False)) == {name}


def test_one_replica_is_told_in_production_and_not_on_one_machine() -> None:
    assert "few-replicas" in names(topic_findings("t", configs(1), 1, embedded=False))
    assert not names(topic_findings("t", configs(1), 1, embedded=True))


def test_brokers_that_make_topics_by_accident_or_fail_over_slowly_are_named() -> None:
    assert names(cluster_findings("broker 1", {"auto.create.topics.enable": "true"})) == {
        "topics-made-by-accident",
        "slow-failover",
    }
    assert not names(cluster_findings("broker 1", {"group.consumer.session.timeout.ms": "10000"}))


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
def test_a_server_that_could_forget_a_commit_is_a_danger(setting: str) -> None:
    found = [*server_findings(SAFE_SERVER | {setting: "off"}, standby=False)]
    assert [(one.name, one.where, one.level) for one in found] == [("not-durable", setting, DANGER)]
    assert not [*server_findings(SAFE_SERVER, standby=False)]
    assert names(server_findings(SAFE_SERVER | {"data_checksums": "off"}, standby=True)) == {"no-checksums", "replica"}


def test_clocks_are_judged_by_the_one_margin_that_deletion_has() -> None:
    ahead = {"database": timedelta(minutes=6), "broker": timedelta(seconds=-30), "other": timedelta(seconds=1)}
    found = {one.where: one.name for one in offset_findings(ahead)}
    assert found == {"database": "clocks-differ", "broker": "clocks-drift"}


def test_a_full_disk_and_a_place_that_is_no_folder_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert names(folder_findings(tmp_path / "file" / "store", 0)) == {"store-not-writable"}
    assert names(folder_findings(tmp_path / "store", 2**62)) == {"disk-full"}
    assert not names(folder_findings(tmp_path / "store", 0))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_part_that_stands_still_is_named_with_its_service() -> None:
    with serving() as service:
        assert service_findings({"ingest": service.url}) == []
        service.silent = ("ingest.custody", "ingest.delete")
        found = service_findings({"ingest": service.url})
    parts = [(one.name, one.where, one.found) for one in found]
    assert parts == [("part-still", "ingest", "ingest.custody"), ("part-still", "ingest", "ingest.delete")]


def test_a_service_that_is_not_reached_is_no_service_that_works() -> None:
    with serving() as proxy:
        for proxy.code in (502, 503):
            assert names(service_findings({"access": proxy.url})) == {"service-silent"}
    assert names(service_findings({"access": "http://127.0.0.1:9"})) == {"service-silent"}


def test_an_installation_that_rests_is_not_told_to_be_silent_but_one_dead_service_among_others_is(
    tmp_path: Path,
) -> None:
    dead = dict.fromkeys(("ingest", "retention", "access", "analytics"), "http://127.0.0.1:9")
    assert told_by_up(tmp_path, dead) == []
    with serving() as service:
        alive = dict.fromkeys(dead, service.url)
        assert told_by_up(tmp_path, alive | {"access": dead["access"]}) == [("service-silent", "access")]


def told_by_up(home: Path, urls: dict[str, str]) -> list[tuple[str, str]]:
    (home / "client.json").write_text(json.dumps({"services": urls}))
    here = Settings(home=home, ingest_url="", retention_url="", access_url="", analytics_url="")
    return [(one.name, one.where) for one in parts_findings(here)]


def entry(account: str, person: str = "p-0001", token: str = "a", agency: str = "spd") -> dict[str, object]:
    return {"account": account, "person_id": person, "token_sha256": token, "agency": agency, "roles": []}


def test_mistakes_in_the_people_file_that_let_one_count_as_two_are_named() -> None:
    assert names(entry_findings([entry("a"), entry("b")])) == {"token-twice"}
    assert names(entry_findings([entry("a"), entry("a")])) == {"account-twice"}
    assert names(entry_findings([entry("a"), entry("b", token="b", agency="daan")])) == {"person-in-two-minds"}
    assert names(entry_findings([entry("a", token="")])) == {"token-missing"}
    assert not names(entry_findings([entry("a"), entry("b", token="b")]))


def test_a_people_file_that_everybody_can_read_is_a_danger(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(yaml.safe_dump({"people": [entry("a") | {"name": "A"}]}))
    path.chmod(0o644)
    assert names(people_findings(path)) == {"people-readable-by-all"}
    path.chmod(0o600)
    assert not people_findings(path)
    path.write_text("people: [{account: a}]")
    assert names(people_findings(path)) == {"people-unreadable"}


def test_every_finding_is_told_in_both_languages() -> None:
    for name, words in WORDS.items():
        one = Finding(name=name)
        assert one.why(ENGLISH).isascii(), name
        assert one.remedy(ENGLISH).isascii(), name
        assert not words.why[CHINESE].isascii(), name
        assert not words.remedy[CHINESE].isascii(), name


def test_a_person_that_was_added_is_known_by_the_token_that_was_shown_once(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    words = [
        "people",
        "add",
        "chen",
        "--person",
        "p-0002",
        "--role",
        "unit_head",
        "--agency",
        "spd",
        "--file",
        str(path),
    ]
    shown = CliRunner().invoke(app, words)
    found = People.load(path).by_token(shown.stdout.strip())
    assert found is not None
    assert (found.person_id, found.roles) == ("p-0002", frozenset({"unit_head"}))
    assert shown.stdout.strip() not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert CliRunner().invoke(app, words).exit_code == 1
    assert CliRunner().invoke(app, [*words, "--replace"]).exit_code == 0


def test_a_second_account_of_a_person_in_another_agency_is_refused(tmp_path: Path) -> None:
    words = ["people", "add", "--person", "p-0002", "--role", "clerk", "--file", str(tmp_path / "people.yaml")]
    assert CliRunner().invoke(app, [*words, "chen", "--agency", "spd"]).exit_code == 0
    assert CliRunner().invoke(app, [*words, "chen-two", "--agency", "daan"]).exit_code == 1
