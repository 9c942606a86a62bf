"""``breaker``: what stopped deletion is shown with its reason, and a reset is asked about before it is sent."""

from __future__ import annotations

import io

import pytest

from tests.fakes.answering import Answering
from tests.unit.cli.conftest import Run

TRIPPED = {"tripped_at": "2026-11-22T08:00:00Z", "limit": "500000 segments an hour", "counted": 500001}


@pytest.fixture
def tripped(service: Answering) -> Answering:
    """A retention of which everything has stopped, and one camera, whose reset somebody has asked for."""
    camera = {"camera_id": "hall-1", **TRIPPED, "proposed_by": "p-0003"}
    service.says({"breakers": [{"camera_id": "", **TRIPPED, "proposed_by": ""}, camera]})
    return service


@pytest.mark.usefixtures("tripped")
def test_open_breakers_are_listed_with_limit_and_count_and_end_with_1(camledger: Run) -> None:
    ended = camledger("breaker", "list")
    assert ended.code == 1
    first, second = [" ".join(line.split()) for line in ended.out.splitlines()[1:]]
    assert first == "everything open 2026-11-22 08:00:00Z 500000 segments an hour 500001 -"
    assert second.startswith("camera hall-1 reset proposed ")


def test_no_open_breaker_ends_with_0(camledger: Run, service: Answering) -> None:
    service.says({"breakers": []})
    assert camledger("breaker", "list").code == 0
    shown = camledger("breaker", "show", "hall-1")
    assert (shown.code, shown.out.split()) == (0, ["stops", "camera", "hall-1", "state", "closed"])


def test_the_one_of_everything_is_not_that_of_a_camera(camledger: Run, tripped: Answering) -> None:
    assert camledger("breaker", "show", "--everywhere").out.split()[:4] == ["stops", "everything", "state", "open"]
    assert camledger("breaker", "show", "hall-2").code == 0
    asked = len(tripped.paths)
    assert camledger("breaker", "reset", "--yes").code == 2
    assert camledger("breaker", "reset", "hall-1", "--everywhere", "--yes").code == 2
    assert len(tripped.paths) == asked


def test_a_reset_that_nobody_confirms_is_not_sent(
    camledger: Run, tripped: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    ended = camledger("breaker", "reset", "hall-1")
    assert (ended.code, "camera hall-1: 500000 segments an hour, 500001 counted" in ended.out) == (1, True)
    assert "/api/v1/breaker/reset" not in tripped.paths
    assert camledger("breaker", "reset", "hall-1", "--yes").code == 0
    assert tripped.paths[-1] == "/api/v1/breaker/reset"
