"""Do the tests that a clause cites exist? A name in a list proves nothing unless something looks."""

import ast
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

_SEPARATOR = "::"


def absent_tests(cited: Iterable[str], root: Path) -> dict[str, str]:
    """Return each cited ``tests/file.py::name`` (or ``::Class::name``) that isn't there, with the reason."""
    return {test: reason for test in cited if (reason := _fault(test, root))}


def _fault(test: str, root: Path) -> str:
    file, *names = test.split(_SEPARATOR)
    path = root / file
    if not path.is_file():
        return "there is no such file"
    return "" if _SEPARATOR.join(names) in _names(path) else "there is no such test in the file"


@lru_cache(maxsize=512)
def _names(path: Path) -> frozenset[str]:
    return frozenset(_tests(ast.parse(path.read_text(encoding="utf-8")).body, ""))


def _tests(body: Iterable[ast.stmt], prefix: str) -> Iterable[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield prefix + node.name
        elif isinstance(node, ast.ClassDef):
            yield from _tests(node.body, f"{prefix}{node.name}{_SEPARATOR}")
