"""Image and compose file, read as a builder would: no container engine is needed to see a file that isn't there."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch
from typing import Any

import yaml
from pydantic import AliasChoices

from services.access.console.settings import ConsoleSettings
from services.access.live.settings import LiveSettings
from services.access.vault.settings import VaultSettings
from services.cli.application import VERBS
from services.cli.operations.doctor.finding import WORDS
from services.ingest.settings import IngestSettings
from services.kernel.topics import SERVICES
from services.runtime.settings import REPOSITORY, Settings

DOCKERFILE = (REPOSITORY / "deploy" / "Dockerfile").read_text("utf-8")
IGNORED = (REPOSITORY / "deploy" / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
LET_IN = [line[1:] for line in IGNORED if line.startswith("!")]
COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "deploy" / "compose.yaml").read_text("utf-8"))
CHART = REPOSITORY / "deploy" / "helm" / "camledger"
NOT_SETTINGS = {"CAMLEDGER_ACCEPT_DANGER"}


def variables() -> set[str]:
    """Return the name of every variable that a process reads."""
    own = {f"CAMLEDGER_{name.upper()}" for name in Settings.model_fields} | NOT_SETTINGS
    own |= {f"CAMLEDGER_CONSOLE_{name.upper()}" for name in ConsoleSettings.model_fields}
    own |= {f"CAMLEDGER_LIVE_{name.upper()}" for name in LiveSettings.model_fields}
    own |= {f"CAMLEDGER_VAULT_{name.upper()}" for name in VaultSettings.model_fields}
    for name, field in IngestSettings.model_fields.items():
        alias = field.validation_alias
        read = alias.choices if isinstance(alias, AliasChoices) else [f"CAMLEDGER_INGEST_{name.upper()}"]
        own |= {str(choice) for choice in read}
    return own


def test_every_file_that_the_image_copies_exists_and_reaches_the_builder() -> None:
    copied = [word for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.M) for word in line.split()[:-1]]
    assert copied
    for name in copied:
        assert (REPOSITORY / name).exists(), name
        assert any(fnmatch(name, pattern) for pattern in LET_IN), name


def test_no_environment_data_folder_or_token_reaches_the_builder() -> None:
    assert "*" in IGNORED
    assert {"." + name for name in ("venv", "git", "camledger")}.isdisjoint(LET_IN)
    assert not {"deploy", "var", "tests"} & set(LET_IN)


def test_what_builds_the_package_is_locked_with_hashes() -> None:
    system = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["build-system"]
    (name,) = {re.split(r"[<>=~]", one)[0] for one in system["requires"]}
    assert f"/^{name}==/" in DOCKERFILE
    locked = (REPOSITORY / "requirements" / "dev.txt").read_text("utf-8")
    assert re.search(rf"^{name}==\S+ \\\n +--hash=sha256:", locked, re.M)


def test_compose_and_chart_set_only_variables_that_a_process_reads() -> None:
    chart = "".join(path.read_text("utf-8") for path in (CHART / "templates").glob("*"))
    named = set(re.findall(r"(?:^|name: )(CAMLEDGER_[A-Z_]+)\b(?=[:,\n])", chart, re.M))
    assert named
    assert named <= variables()
    assert set(re.findall(r"(CAMLEDGER_[A-Z]+(?:_[A-Z]+)*)[=]", DOCKERFILE)) <= variables()
    for name, service in COMPOSE["services"].items():
        own = {key for key in service["environment"] if key.startswith("CAMLEDGER_")}
        assert own <= variables(), name


def test_every_service_of_compose_runs_a_verb_and_all_four_are_there() -> None:
    commands = [service["command"] for service in COMPOSE["services"].values() if "command" in service]
    assert {words[0] for words in commands} <= VERBS.keys()
    assert {words[1] for words in commands if words[0] == "serve"} == {*SERVICES, "analytics.live"}


def test_every_danger_that_compose_or_the_chart_accepts_is_one() -> None:
    accepted = COMPOSE["x-settings"]["CAMLEDGER_ACCEPT_DANGER"].split()
    for path in (CHART / "ci").glob("*.yaml"):
        accepted += yaml.safe_load(path.read_text("utf-8")).get("acceptDanger", [])
    assert accepted
    assert set(accepted) <= WORDS.keys()
    assert yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))["acceptDanger"] == []


def test_the_log_and_the_database_lie_on_volumes() -> None:
    kafka, postgres = COMPOSE["services"]["kafka"], COMPOSE["services"]["postgres"]
    assert f"log:{kafka['environment']['KAFKA_LOG_DIRS']}" in kafka["volumes"]
    assert "database:/var/lib/postgresql" in postgres["volumes"]
    assert {"log", "database", "footage"} == COMPOSE["volumes"].keys()
