"""The compose file by its specification, and every name in it against what the name stands for: no engine is needed."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from typer.testing import CliRunner

from services.cli.application import app
from services.runtime.settings import REPOSITORY

TEXT = (REPOSITORY / "deploy" / "compose.yaml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("camledger:")}
GUIDE = (REPOSITORY / "docs" / "install.md").read_text("utf-8")
SPECIFICATION = Draft7Validator(json.loads(Path(__file__).with_name("compose-spec.json").read_text("utf-8")))
MOUNTED = "/run/secrets/"


def faults(compose: dict[str, Any]) -> list[str]:
    return [".".join(map(str, error.absolute_path)) for error in SPECIFICATION.iter_errors(compose)]


def test_the_file_has_the_form_that_the_specification_gives_it() -> None:
    assert faults(COMPOSE) == []


@pytest.mark.parametrize(
    ("name", "value"), [("enviroment", {}), ("restart", True), ("tmpfs", {"/tmp": 1}), ("cap_drop", "ALL")]
)
def test_a_misspelt_word_or_a_value_of_another_kind_is_no_such_form(name: str, value: object) -> None:
    wrong = copy.deepcopy(COMPOSE)
    wrong["services"]["access"][name] = value
    assert all(fault.startswith("services.access") for fault in faults(wrong))
    assert faults(wrong)


def test_each_service_waits_for_services_and_uses_volumes_and_secrets_that_are_there() -> None:
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", ())) <= SERVICES.keys(), name
        assert set(service.get("secrets", ())) <= COMPOSE["secrets"].keys(), name
        assert {each.split(":")[0] for each in service.get("volumes", ())} <= COMPOSE["volumes"].keys(), name


def test_whoever_is_told_of_a_mounted_secret_has_it_and_nobody_else_has_the_key_of_the_vault() -> None:
    for name, service in OURS.items():
        told = {each.removeprefix(MOUNTED) for each in service["environment"].values() if each.startswith(MOUNTED)}
        assert told == set(service["secrets"]), name
    assert [name for name, service in OURS.items() if "vault-key" in service["secrets"]] == ["access"]


def test_the_guide_says_how_to_make_each_file_and_variable_that_has_no_default() -> None:
    section = GUIDE.split("## One host with containers")[1].split("\n## ")[0]
    (tokens,) = re.findall(r"for service in ([A-Z ]+); do export CAMLEDGER_TOKEN_\$service", section)
    made = {f"CAMLEDGER_TOKEN_{service}" for service in tokens.split()}
    made |= set(re.findall(r"^export (\w+)=", section, re.MULTILINE))
    assert set(re.findall(r"\$\{(\w+):\?", TEXT)) == made
    (closed,) = re.findall(r"sudo chmod 400 (.+)", section)
    assert {secret["file"] for secret in COMPOSE["secrets"].values()} == set(closed.split())


@pytest.mark.parametrize("name", OURS)
def test_each_command_has_only_options_that_its_verb_takes(name: str) -> None:
    verb, *words = OURS[name]["command"]
    shown = CliRunner().invoke(app, [verb, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert {word for word in words if word.startswith("--")} <= set(re.findall(r"--[a-z-]+", shown.output))


def test_addresses_and_probes_name_services_and_the_port_that_these_listen_on() -> None:
    for name, service in OURS.items():
        own = service["environment"]
        port = own["CAMLEDGER_HTTP_PORT"]
        for address in [value for key, value in own.items() if key.endswith("_URL")]:
            assert re.fullmatch(rf"http://({'|'.join(OURS)}):{port}", address), (name, address)
        assert {own["CAMLEDGER_KAFKA"].split(":")[0], "postgres"} <= SERVICES.keys()
        probe = service["healthcheck"]
        assert probe.get("disable") or f"http://127.0.0.1:{port}/health/ready" in str(probe["test"]), name


def test_image_chart_and_package_are_of_one_version_and_the_broker_is_the_one_that_is_tested() -> None:
    version = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    chart = yaml.safe_load((REPOSITORY / "deploy" / "helm" / "camledger" / "Chart.yaml").read_text("utf-8"))
    assert {service["image"] for service in OURS.values()} == {f"camledger:${{CAMLEDGER_TAG:-{version}}}"}
    assert chart["appVersion"] == version
    jars = (REPOSITORY / "services" / "runtime" / "embedded" / "kafka-jars.sha256").read_text("utf-8")
    assert f"Apache Kafka {SERVICES['kafka']['image'].split(':')[1]} " in jars
