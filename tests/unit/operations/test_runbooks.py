"""Every command that a runbook or the installation guide tells exists, with the options that it tells."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from services.cli.application import VERBS, app

DOCS = Path(__file__).parents[3] / "docs"
PAGES = [DOCS / "install.md", DOCS / "backup.md", *sorted((DOCS / "runbooks").glob("*.md"))]
COMMAND = re.compile(r"(?:^|`|-- |\| |/)camledger ((?:[a-z][a-z-]*)(?:[^`\n|]|\\\n)*)", re.MULTILINE)
CONTAINER = re.compile(r"`docker compose (?:run|stop|start|logs) ([^`]+)`")
OPTION = re.compile(r"(--[a-z][a-z-]*)")


def told(page: Path) -> list[tuple[str, str, tuple[str, ...]]]:
    found = []
    for words in COMMAND.findall(page.read_text("utf-8").replace("\\\n", " ")):
        verb, *rest = words.split()
        if verb in VERBS:
            sub = rest[0] if rest and re.fullmatch(r"[a-z][a-z-]*", rest[0]) else ""
            found.append((verb, sub, tuple(OPTION.findall(words))))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_tells_to_run_exists(page: Path) -> None:
    commands = told(page)
    assert commands or page.name == "README.md"
    for verb, sub, options in commands:
        group = VERBS[verb].name.endswith("_app")
        words = [verb, *([sub] if sub and group else [])]
        shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})
        assert shown.exit_code == 0, (page.name, words, shown.output)
        assert set(options) <= set(OPTION.findall(shown.output)), (page.name, words, options)


def test_all_runbooks_have_symptoms_what_is_safe_and_what_to_do() -> None:
    pages = {
        page.name: page.read_text("utf-8") for page in (DOCS / "runbooks").glob("*.md") if page.name != "README.md"
    }
    assert len(pages) == 13
    for name, page in pages.items():
        assert "## What is safe" in page, name
        assert "## What you see" in page or name == "database-restore.md", name


def test_what_the_table_of_compose_names_are_services_of_its_file_and_verbs() -> None:
    services = yaml.safe_load((DOCS.parent / "deploy" / "compose.yaml").read_text("utf-8"))["services"]
    commands = [words.split() for words in CONTAINER.findall((DOCS / "runbooks" / "README.md").read_text("utf-8"))]
    assert len(commands) > 5
    for words in commands:
        (place,) = [at for at, word in enumerate(words) if word in services][:1]
        assert not words[place + 1 :] or words[place + 1] in VERBS, words
