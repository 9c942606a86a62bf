"""The alerts name pages that exist and parts that run, and the overview of the runbooks names every alert."""

from __future__ import annotations

import re
from typing import Any

import yaml

from services.runtime.settings import REPOSITORY

CHART = REPOSITORY / "deploy" / "helm" / "camledger"
RULES: list[dict[str, Any]] = yaml.safe_load((CHART / "alerts.yaml").read_text("utf-8"))["groups"][0]["rules"]
BY_NAME = {rule["alert"]: rule for rule in RULES}
PART = re.compile(r'absent\(camledger_part_beat_age_seconds\{part="([a-z]+)\.([a-z]+)"\}\)')


def test_every_alert_stands_once_and_in_the_overview_of_the_runbooks() -> None:
    overview = (REPOSITORY / "docs" / "runbooks" / "README.md").read_text("utf-8")
    assert len(BY_NAME) == len(RULES)
    assert [name for name in BY_NAME if f"`{name}`" not in overview] == []


def test_every_alert_names_a_runbook_that_names_it() -> None:
    for name, rule in BY_NAME.items():
        page = (REPOSITORY / rule["annotations"]["runbook"]).read_text("utf-8")
        assert f"`{name}`" in page, name


def test_a_process_that_is_gone_is_told_by_a_part_that_only_it_runs() -> None:
    parts = {name: PART.fullmatch(rule["expr"]) for name, rule in BY_NAME.items() if name.endswith("Gone")}
    assert set(parts) == {f"Camledger{each}Gone" for each in ("Custody", "Ingest", "Retention", "Access", "Analytics")}
    for name, found in parts.items():
        assert found, name
        source = (REPOSITORY / "services" / found[1] / "bootstrap.py").read_text("utf-8")
        runs = "letters_counted(settings, SERVICE)" if found[2] == "letters" else f'Ticker("{found[1]}.{found[2]}"'
        assert runs in source, name


def test_an_alert_about_differences_names_each_kind_that_it_fires_for() -> None:
    from services.ingest.catalog.differences import KINDS

    told = BY_NAME["CamledgerFootageUnknown"]["annotations"]["summary"]
    assert [kind for kind in KINDS if kind not in told] == ["missing_bytes", "other_hash"]


def test_a_review_of_a_hold_that_is_overdue_is_told_and_one_to_come_is_not() -> None:
    from services.access.clocks import COUNTED

    expr = BY_NAME["CamledgerHoldReviewOverdue"]["expr"]
    told = re.fullmatch(r'max\(camledger_hold_reviews\{review="([a-z]+)"\}\) > 0', expr)
    assert told
    # One that nobody counts would never fire.
    assert {each.value for each in COUNTED} - {told[1]} == {"soon"}
