"""A register's columns on paper: which stand together, and which clauses ask for each. Pure.

An agency's register has the columns that its policy asks for (``register_columns``), beside those that every register
has. A policy that asks for none gets all: nothing that analytics keeps is left out without a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from services.kernel.policy import Pack
from services.kernel.policy.facts import sub, texts

# What is written under one another in one cell, from left to right, in the order of the annexes.
TOGETHER: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "catalog": (
        ("file_name", "size_bytes", "sha256"),
        ("officer", "shift"),
        ("starts_at", "ends_at"),
        ("device_owner", "camera", "generation"),
        ("stored_at", "replicated_at"),
        ("retention_class", "policy_version"),
        ("destroyed_at", "destroyed_by", "destruction_method", "destruction_rules"),
        ("transferred_at", "transfer_repository", "transfer_case"),
    ),
    "requests": (
        ("number", "submitted_at", "policy_id", "policy_version"),
        ("kind", "action", "requester_class"),
        ("unit", "title", "requester", "on_behalf_of"),
        ("duty_item", "cause", "purpose", "use"),
        ("legal_basis", "statute", "ground", "reference", "case_number"),
        ("asked_time", "footage_from", "footage_to", "cameras"),
        ("chain", "steps"),
        ("granted_at", "valid_until", "routed_to"),
        ("outcome", "refusal", "clauses", "closed_at"),
    ),
    "access": (
        ("at", "person", "unit", "address"),
        ("request", "act", "project"),
        ("cameras", "footage_from", "footage_to", "result_of"),
        ("cause", "purpose"),
        ("legal_basis", "ground", "reference", "case_number"),
        ("approved_by", "approved_at"),
        ("agreed_time", "accompanied_by", "ended_at", "bytes"),
        ("copy_number", "sha256"),
        ("signed_at", "signed_by", "signed_as"),
        ("return_by", "returned_at", "returned_how"),
        ("refusal", "clauses"),
    ),
}
# Left out where a policy asks for other columns and not for these. Every register has all the others.
OPTIONAL: Final[Mapping[str, frozenset[str]]] = {
    "catalog": frozenset(
        {"officer", "shift", "device_owner", "replicated_at", "transferred_at", "transfer_repository", "transfer_case"}
    ),
    "requests": frozenset(
        {
            "unit",
            "title",
            "duty_item",
            "cause",
            "legal_basis",
            "statute",
            "use",
            "on_behalf_of",
            "routed_to",
            "ground",
            "reference",
            "case_number",
            "asked_time",
        }
    ),
    "access": frozenset(
        {
            "cause",
            "agreed_time",
            "accompanied_by",
            "copy_number",
            "signed_as",
            "result_of",
            "project",
            "legal_basis",
            "ground",
            "reference",
            "case_number",
        }
    ),
}


def asked_columns(register: str, pack: Pack | None) -> Mapping[str, Sequence[str]]:
    """Return the columns that a policy asks for in a register, each with its clauses; none without a policy."""
    columns = sub(sub(pack.document, "register_columns"), register) if pack is not None else {}
    return {name: texts(clauses) for name, clauses in columns.items()}


def printed(register: str, asked: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return the columns of an agency's register: each a list of the names that stand in its cells."""
    left_out = OPTIONAL[register] - set(asked) if asked else frozenset()
    cells = ([name for name in together if name not in left_out] for together in TOGETHER[register])
    return [cell for cell in cells if cell]


def clauses_of(names: Sequence[str], asked: Mapping[str, Sequence[str]]) -> list[str]:
    """Return which clauses ask for what stands in one column."""
    return sorted({clause for name in names for clause in asked.get(name, ())})
