"""The words that explain an event: class docstrings and the comments behind its fields, read from the source."""

from __future__ import annotations

import ast
import inspect
import io
import tokenize
from functools import cache
from types import ModuleType


def class_words(owner: type) -> str:
    """Return the docstring of an event class on one line."""
    return " ".join((inspect.cleandoc(owner.__doc__ or "")).split())


def field_words(owner: type) -> dict[str, str]:
    """Return, by field, the comment that stands behind it in the source; fields without one are left out."""
    module = inspect.getmodule(owner)
    assert module is not None, owner
    comments, tree = _parsed(module)
    found = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == owner.__name__)
    return {
        node.target.id: comments[node.lineno]
        for node in found.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.lineno in comments
    }


@cache
def _parsed(module: ModuleType) -> tuple[dict[int, str], ast.Module]:
    source = inspect.getsource(module)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = {t.start[0]: t.string.removeprefix("#").strip() for t in tokens if t.type == tokenize.COMMENT}
    return comments, ast.parse(source)
