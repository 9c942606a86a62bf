"""What a person can get wrong: a sentence with what, why and the way on, and the exit code; never a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes.answering import Answering
from tests.unit.cli.conftest import Run

REFUSED, WRONG_USE, NOT_REACHABLE = 1, 2, 3
HOLD = "1a9ba5a1-d56f-4e07-be84-6b0cd021f7a5"
PLACE = ("hold", "place", "--matter", "m", "--authority", "a", "--camera", "c", "--from")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("hold", "show", "a/b"), "'a/b' can't be an id: 32 hexadecimal digits"),
        (("hold", "show", ""), "'' can't be an id"),
        (("request", "show", "7"), "'7' can't be an id"),
        (("view", "watch", "../x", "--out", "o"), "'../x' can't be an id"),
        (("camera", "show", "a/b"), "'a/b' can't be an id: letters, digits"),
        (("camera", "show", ".."), "'..' can't be an id"),
        (("camera", "show", ""), "'' can't be an id"),
        (("camera", "retire", "x" * 65), "at most 64"),
        (("card", "clear", "cam-1", "--card-id", "a b"), "'a b' can't be an id"),
        (("takeover", "waive", "t?x"), "'t?x' can't be an id"),
        (("approve", HOLD, "a/b"), "'a/b' can't be an id"),
        (("source", "add", "a/b", "--camera", "c", "--zone", "UTC"), "'a/b' can't be an id"),
        (("segment", "show", "cam-1", "yesterday"), "such as 2026-11-22T08:00:00Z"),
        (("segment", "list", "--from", "2026-13-01"), "such as 2026-11-22T08:00:00Z"),
        ((*PLACE, "2026-01-01T00:00:00"), "doesn't say in which zone"),
        ((*PLACE, "0001-01-01T00:00:00+14:00"), "outside the years 1 to 9999"),
        ((*PLACE, "2026-01-01T00:00:00Z", "--confirmed-count", "9" * 30), "--confirmed-count"),
        (("register", "catalog", "--limit", "99999999999"), "--limit"),
        (("register", "requests", "--request", "x"), "'x' can't be an id"),
        (("register", "catalog", "--csv", "/nowhere/catalog.csv"), "/nowhere is no folder"),
        (("camera", "show", "cam-1", "--as", "nobody"), "no token for 'nobody': use --as with one of sysman-wu"),
        (("camera", "register", "c", "--policy", "p", "--agency", "a", "--value", "x"), "'x' is not name=value"),
        (("policy", "list", "--policies", "/nowhere"), "there is no pack in /nowhere"),
        (("policy", "adopt", "daan-cctv", "--instrument", "i", "--effective", "soon"), "such as 2026-11-22T08:00:00Z"),
        (("segment", "explain", "cam-1", "2026-01-01T00:00:00Z", "--lang", "de"), "zh-Hant"),
    ],
)
@pytest.mark.usefixtures("service")
def test_a_wrong_input_is_named_with_its_rule_before_any_service_is_asked(
    camledger: Run, words: tuple[str, ...], says: str
) -> None:
    ended = camledger(*words)
    assert (ended.code, says in ended.err) == (WRONG_USE, True), ended


@pytest.mark.usefixtures("service")
def test_a_file_that_cannot_be_read_or_written_is_named(camledger: Run, tmp_path: Path) -> None:
    form = ("request", "submit", "--policy", "p", "--kind", "k", "--action", "view", "--form")
    when = ("--from", "2026-01-01T00:00:00Z", "--to", "2026-01-01T01:00:00Z")
    assert camledger(*form, str(tmp_path / "none.json"), *when).code == WRONG_USE
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    assert camledger(*form, str(tmp_path / "binary.json"), *when).code == WRONG_USE
    ended = camledger("report", "statistic", "--html", "/nowhere/page.html")
    assert (ended.code, "/nowhere/page.html" in ended.err) == (WRONG_USE, True)


def test_without_an_installation_the_way_to_one_is_told(camledger: Run) -> None:
    ended = camledger("camera", "list")
    assert (ended.code, "start `camledger up`" in ended.err) == (NOT_REACHABLE, True)
    assert "for a cluster write client.json with its addresses and your token (docs/install.md)" in ended.err


@pytest.mark.parametrize("content", ["", "[]", "null", '{"services": 7, "people": []}', '{"services": {}}'])
def test_addresses_that_up_did_not_write_are_refused(camledger: Run, tmp_path: Path, content: str) -> None:
    (tmp_path / "client.json").write_text(content)
    ended = camledger("camera", "list")
    assert (ended.code, "is not what `camledger up` writes" in ended.err) == (NOT_REACHABLE, True)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "not a url", "http://[::1", ""])
def test_a_dead_service_is_named(camledger: Run, tmp_path: Path, url: str) -> None:
    known = {"services": {"ingest": url}, "people": {"sysman-wu": "t"}}
    (tmp_path / "client.json").write_text(json.dumps(known))
    ended = camledger("camera", "list")
    assert (ended.code, "ingest" in ended.err, "does not answer" in ended.err) == (NOT_REACHABLE, True, True)


def test_another_program_at_the_address_is_not_taken_for_a_service(camledger: Run, service: Answering) -> None:
    service.body = b"<html>"
    ended = camledger("camera", "list")
    assert (ended.code, "something else than ingest answers" in ended.err) == (NOT_REACHABLE, True)


def test_a_token_that_no_header_carries_is_refused(
    camledger: Run, service: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    for token in ("密碼", "a\nb", " "):
        monkeypatch.setenv("CAMLEDGER_TOKEN", token)
        assert camledger("camera", "list").code == WRONG_USE
    assert service.paths == []


def test_a_service_that_fails_is_not_a_refusal(camledger: Run, service: Answering) -> None:
    for status, code in ((500, NOT_REACHABLE), (503, NOT_REACHABLE), (401, REFUSED), (404, REFUSED)):
        service.says({"title": "So it is"}, status)
        ended = camledger("camera", "list")
        assert (ended.code, "So it is" in ended.err) == (code, True)


def test_an_unknown_policy_leaves_no_camera_behind(camledger: Run, service: Answering) -> None:
    service.says({"policies": [{"policy_id": "daan-cctv", "in_force": {"version": 2}}]})
    ended = camledger("camera", "register", "cam-1", "--policy", "nowhere", "--agency", "a")
    assert (ended.code, "use one of daan-cctv" in ended.err) == (REFUSED, True)
    assert service.paths == ["/api/v1/policies"]


@pytest.mark.parametrize("value", ["NaN", "1e999", "\udcff"])
def test_what_json_cannot_carry_is_refused(camledger: Run, service: Answering, value: str) -> None:
    service.says({"policies": [{"policy_id": "p", "in_force": {"version": 1}}]})
    ended = camledger("camera", "register", "c", "--policy", "p", "--agency", "a", "--value", f"number={value}")
    assert (ended.code, "can't be sent" in ended.err) == (WRONG_USE, True)


def test_a_token_that_nobody_knows_is_told_in_the_words_of_the_command_line(camledger: Run, service: Answering) -> None:
    service.says({"title": "Nobody is known by this token", "remedy": "Send 'Authorization: Bearer TOKEN'"}, 401)
    ended = camledger("camera", "list")
    assert (ended.code, "set CAMLEDGER_TOKEN to your own token" in ended.err) == (REFUSED, True)
    assert "Bearer" not in ended.err


@pytest.mark.parametrize(
    ("name", "value"), [("CAMLEDGER_REPLICATION", "secret"), ("CAMLEDGER_KAFKA_SECURITY", "{secret")]
)
def test_a_setting_that_cannot_be_read_is_named_without_its_value(
    camledger: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    ended = camledger("people", "list")
    assert (ended.code, f"{name}: " in ended.err, "docs/runtime.md" in ended.err) == (WRONG_USE, True, True), ended
    assert "secret" not in ended.err
