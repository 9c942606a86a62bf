"""The matrix of docs/callers.yaml: which role may call which operation."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[2] / "docs" / "callers.yaml"
EVERYBODY, BY_CASE = "everybody", "case"
# `make acceptance` asks one role of each kind, another one at each operation; CAMLEDGER_TEST_EVERY_ROLE=1 every role.
EVERY_ROLE = "CAMLEDGER_TEST_EVERY_ROLE"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One operation with the roles that may call it; None where the role alone decides nothing."""

    service: str
    method: str
    path: str
    roles: frozenset[str] | None
    body: Json | None
    query: Mapping[str, str]

    @property
    def name(self) -> str:
        return f"{self.service} {self.method} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The whole file."""

    roles: tuple[str, ...]
    groups: Mapping[str, frozenset[str]]
    lines: tuple[Line, ...]
    subjects: Mapping[str, str] = field(default_factory=dict)

    def witnesses(self, number: int) -> list[str]:
        """Return who is asked at one operation: of the roles that the matrix treats alike everywhere, one each."""
        if everywhere():
            return list(self.roles)
        alike: dict[tuple[bool, ...], list[str]] = defaultdict(list)
        for role in self.roles:
            alike[tuple(role in (line.roles or ()) for line in self.lines)].append(role)
        return [kind[number % len(kind)] for kind in alike.values()]

    def of(self, service: str, method: str, path: str) -> Line | None:
        """Return the line of an operation as its OpenAPI document names it."""
        wanted = path.removeprefix("/api/v1")
        found = (e for e in self.lines if (e.service, e.method, e.path) == (service, method, wanted))
        return next(found, None)


def everywhere() -> bool:
    """Tell whether every role is asked everywhere."""
    return bool(os.environ.get(EVERY_ROLE))


def read() -> Matrix:
    """Return the matrix; a role or group that is spelt in two ways is an error here."""
    told: Json = yaml.safe_load(FILE.read_text("utf-8"))
    roles = tuple(told["roles"])
    groups = {name: _known(listed, {}, roles) for name, listed in told["groups"].items()}
    return Matrix(
        roles=roles,
        groups=groups,
        lines=tuple(_lines(told["operations"], groups, roles)),
        subjects=told["subjects"],
    )


def _lines(told: Json, groups: Mapping[str, frozenset[str]], roles: tuple[str, ...]) -> list[Line]:
    return [
        Line(
            service=service,
            method=operation.partition(" ")[0],
            path=operation.partition(" ")[2],
            roles=_callers(each["who"], groups, roles),
            body=each.get("with"),
            query=each.get("ask", {}),
        )
        for service, operations in told.items()
        for operation, each in operations.items()
    ]


def _callers(who: Any, groups: Mapping[str, frozenset[str]], roles: tuple[str, ...]) -> frozenset[str] | None:  # noqa: ANN401
    if who == BY_CASE:
        return None
    if who == EVERYBODY:
        return frozenset(roles)
    return _known([who] if isinstance(who, str) else who, groups, roles)


def _known(named: list[str], groups: Mapping[str, frozenset[str]], roles: tuple[str, ...]) -> frozenset[str]:
    found: set[str] = set()
    for each in named:
        assert each in groups or each in roles, f"{each} is neither a group nor a role"
        found |= groups.get(each, {each})
    return frozenset(found)
