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


def test_an_outbox_that_is_stuck_is_told_before_its_relay_ends_and_takes_the_figure_along() -> None:
    from services.runtime.consumer import PRODUCER

    rule = BY_NAME["CamledgerOutboxStuck"]
    windows = [60 * int(minutes) for minutes in re.findall(r"\[(\d+)m\]", rule["expr"])]
    waits = int(rule["for"].removesuffix("s"))
    scrape = 30
    assert len(windows) == 2
    assert 1000 * (max(windows) + waits + 2 * scrape) <= int(PRODUCER["delivery.timeout.ms"])


def test_a_process_that_starts_again_and_again_is_told_by_a_figure_that_it_has() -> None:
    from prometheus_client import REGISTRY

    assert "changes(process_start_time_seconds[1h])" in BY_NAME["CamledgerRestarts"]["expr"]
    assert REGISTRY.get_sample_value("process_start_time_seconds")


def test_a_nightly_check_that_never_ended_well_is_told_by_its_own_age() -> None:
    expr = BY_NAME["CamledgerFsckOld"]["expr"]
    assert re.search(
        r'last_successful_time\{cronjob=~"\.\*-fsck"\}\s+or kube_cronjob_created\{cronjob=~"\.\*-fsck"\}', expr
    )


def test_the_first_dead_letter_of_a_process_is_growth() -> None:
    from prometheus_client import REGISTRY

    from services.runtime.aside import BAD, PARKED, Aside
    from services.runtime.settings import Settings

    assert "increase(camledger_dead_letters_total[15m])" in BY_NAME["CamledgerDeadLetter"]["expr"]
    Aside("analytics.born", "analytics", Settings())
    for kind in (BAD, PARKED):
        labels = {"consumer": "analytics.born", "kind": kind}
        assert REGISTRY.get_sample_value("camledger_dead_letters_total", labels) == 0
