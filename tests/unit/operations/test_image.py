"""Image and compose file, read as a builder would: no container engine is needed to see a file that isn't there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
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
# What isn't code, and that it stands beside the code as well.
SHARED = "".join(re.findall(r"cp -r ([a-z ]+) /opt/camledger/share/", DOCKERFILE)).split()
LINKS = re.findall(r'^RUN ln -s ([^\\]+)\\\n +"\$\(.+sysconfig.get_path\("purelib"\).+\)/"$', DOCKERFILE, re.M)
LINKED = [Path(word) for word in "".join(LINKS).split()]
# Of a checkout alone: the demo's footage.
NOT_IN_THE_IMAGE = {"samples"}
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


def test_what_the_code_looks_for_beside_itself_stands_beside_it_in_the_image() -> None:
    sources = "".join(path.read_text("utf-8") for path in (REPOSITORY / "services").rglob("*.py"))
    wanted = set(re.findall(r"\b(?:REPOSITORY|ROOT) / \"([^\"]+)\"", sources)) - NOT_IN_THE_IMAGE
    assert wanted == {path.name for path in LINKED}
    assert [str(path) for path in LINKED] == [f"/opt/camledger/share/{name}" for name in SHARED]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as it is built, with the folders beside it that the image links there."""
    folder = tmp_path_factory.mktemp("image")
    setup = [sys.executable, "-c", "from setuptools import setup; setup()", "egg_info", "--egg-base", str(folder)]
    subprocess.run(
        [*setup, "build_py", "--build-lib", folder / "site"], cwd=REPOSITORY, check=True, capture_output=True
    )
    for path in LINKED:
        (folder / "site" / path.name).symlink_to(REPOSITORY / path.name)
    return folder / "site"


def test_the_built_package_has_every_file_of_the_services_but_their_pages(site: Path) -> None:
    def files(root: Path) -> set[str]:
        found = [
            path for path in (root / "services").rglob("*") if path.is_file() and path.suffix not in (".md", ".pyc")
        ]
        return {path.relative_to(root).as_posix() for path in found}

    assert files(site) == files(REPOSITORY)


def test_the_built_package_runs_where_nothing_but_the_image_s_files_is(site: Path) -> None:
    run = f"import sys; sys.path.insert(0, {str(site)!r}); import services.cli as cli; print(cli.__file__); cli.main()"
    own = {name: value for name, value in os.environ.items() if not name.startswith("CAMLEDGER_")}
    (words,) = re.findall(r"^RUN camledger (.+)$", DOCKERFILE, re.M)
    command = [sys.executable, "-c", run, *words.split()]
    done = subprocess.run(command, cwd=site.parent, env=own, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, str(site / "services/cli/__init__.py")), done.stderr


def test_the_image_starts_the_package_s_own_command() -> None:
    (entry,) = re.findall(r'^ENTRYPOINT \["([a-z]+)"\]$', DOCKERFILE, re.M)
    assert entry in tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]


def test_the_image_prints_with_the_packages_that_the_tests_print_with() -> None:
    (packages,) = re.findall(r"--no-install-recommends \\\n +(.+) \\\n", DOCKERFILE)
    listed = (REPOSITORY / "scripts" / "apt.sh").read_text("utf-8")
    assert [name for name in packages.split() if not re.search(rf"^ +[^#]*{re.escape(name)}(\s|$)", listed, re.M)] == []


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
