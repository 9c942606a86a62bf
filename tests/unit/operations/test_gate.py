"""The gate before a start: every danger bars it, what was accepted by name is logged, a misspelt name is refused."""

from __future__ import annotations

import json

import pytest
from typer import BadParameter
from typer.testing import CliRunner

from services.cli.application import app
from services.cli.operations.doctor.finding import DANGER, WORDS, Finding, known
from services.cli.operations.doctor.gate import NO_BAR, bars, told

EXPIRES = Finding(name="history-expires", where="camledger.hold.events.v1", found="retention.ms=1000")
ALONE = Finding(name="few-replicas", where="camledger.hold.events.v1", found="1 replicas")


def test_a_danger_bars_the_start_with_value_rule_and_remedy() -> None:
    refusal = told(bars([EXPIRES], ()))
    assert "history-expires camledger.hold.events.v1 retention.ms=1000" in refusal
    assert "The broker erases history of this topic by itself." in refusal
    assert "Remedy: Set cleanup.policy=delete, retention.ms=-1" in refusal
    assert "CAMLEDGER_ACCEPT_DANGER='history-expires'" in refusal


def test_what_was_accepted_by_name_bars_no_longer_and_stands_on_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert bars([EXPIRES, ALONE], ["few-replicas"]) == [EXPIRES]
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (line["level"], line["event"], line["finding"]) == ("critical", "start.danger_accepted", "few-replicas")
    assert (line["found"], line["rule"]) == ("1 replicas", "One lost disk loses records of this topic.")


def test_a_misspelt_acceptance_is_refused() -> None:
    with pytest.raises(BadParameter, match="no finding is called few-replica:"):
        known(["few-replica"])
    told = CliRunner().invoke(app, ["serve", "ingest"], env={"CAMLEDGER_ACCEPT_DANGER": "everything"})
    assert told.exit_code == 2
    assert "no finding is called everything" in " ".join(told.stderr.replace("│", " ").split())


def test_only_a_full_disk_is_a_danger_that_bars_nobody() -> None:
    assert {"disk-full"} == NO_BAR <= {name for name, words in WORDS.items() if words.level == DANGER}
