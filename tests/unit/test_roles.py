"""The chart's workloads run every part of every service, each in a process that can be asked for its health."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.access import bootstrap as access
from services.analytics import bootstrap as analytics
from services.ingest import bootstrap as ingest
from services.ingest.settings import IngestSettings
from services.ingest.wiring import wire
from services.retention import bootstrap as retention
from services.runtime.process import Part, chosen_parts, role_from
from services.runtime.settings import Settings

CHART = Path(__file__).parents[2] / "deploy" / "helm" / "camledger"
WORKLOADS: dict[str, dict[str, Any]] = yaml.safe_load((CHART / "values.yaml").read_text())["workloads"]
OF_SERVICES = {name: one for name, one in WORKLOADS.items() if one["service"] != "analytics.live"}


@pytest.fixture
def wired(tmp_path: Path) -> dict[str, Sequence[Part]]:
    def settings(service: str) -> Settings:
        return Settings(service=service, home=tmp_path / service, people=tmp_path / "people.yaml")

    return {
        "ingest": ingest.parts(wire(settings("ingest"), IngestSettings())),
        "retention": retention.parts(settings("retention")),
        "access": access.parts(settings("access"), access.desk_for(settings("access"))),
        "analytics": analytics.parts(settings("analytics")),
    }


def parts_of(workload: dict[str, Any], wired: dict[str, Sequence[Part]]) -> list[Part]:
    service = workload["service"]
    return chosen_parts(service, Settings(service=service), wired[service], workload["role"])


def test_the_workloads_of_the_chart_run_every_part_exactly_once(wired: dict[str, Sequence[Part]]) -> None:
    for service, parts in wired.items():
        run = [p.name for w in OF_SERVICES.values() if w["service"] == service for p in parts_of(w, wired)]
        assert sorted(set(run) - {"health"}) == sorted(part.name for part in parts), service
        assert len(run) == len(set(run)), f"{service}: a part runs in two workloads"


def test_every_workload_answers_its_probes(wired: dict[str, Sequence[Part]]) -> None:
    for name, workload in OF_SERVICES.items():
        roles = {part.role for part in parts_of(workload, wired)}
        assert ("http" in roles) == workload["http"], name
        assert roles & {"http", "health"}, f"{name} has no health endpoints"
    assert WORKLOADS["live"]["role"] == "health"


def test_custody_alone_is_a_singleton_among_the_services(wired: dict[str, Sequence[Part]]) -> None:
    singletons = {name for name, workload in OF_SERVICES.items() if workload.get("singleton")}
    custody = {name for name, w in OF_SERVICES.items() if any(p.role == "custody" for p in parts_of(w, wired))}
    assert singletons == custody == {"custody"}


def test_roles_come_by_option_or_by_place_and_all_is_the_default() -> None:
    assert role_from(["--role", "http,relay"]) == "http,relay"
    assert role_from(["worker"]) == "worker"
    assert role_from([]) == "all"


def test_a_role_that_no_part_has_is_refused_even_beside_one_that_is_known(wired: dict[str, Sequence[Part]]) -> None:
    with pytest.raises(ValueError, match="no part of role 'cook'"):
        chosen_parts("ingest", Settings(service="ingest"), wired["ingest"], "http,cook")
