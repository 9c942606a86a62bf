"""A register's columns on paper: which stand together, and which clauses ask for each. Pure.

An agency's register has the columns that its own clauses ask for, beside those that every register has. A pack whose
clauses name none of them gets all: nothing that analytics keeps is left out without a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

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
# The annexes' own columns, and what another clause wants written down. A column that isn't here every register has.
ASKED: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "catalog": {
        "officer": ("NPA-05",),
        "shift": ("NPA-05",),
        "device_owner": ("NPA-05",),
        "replicated_at": ("NPA-05",),
        "destroyed_at": ("NPA-12",),
        "destroyed_by": ("NPA-12",),
        "transferred_at": ("SPD-06",),
        "transfer_repository": ("SPD-06",),
        "transfer_case": ("SPD-06",),
    },
    "requests": {
        "submitted_at": ("DAAN-11",),
        "action": ("NPA-21", "DAAN-11"),
        "unit": ("NPA-21", "DAAN-11"),
        "title": ("NPA-21",),
        "duty_item": ("NPA-21",),
        "cause": ("NPA-15", "NPA-21"),
        "purpose": ("NPA-15", "NPA-21", "DAAN-07", "DAAN-11"),
        "legal_basis": ("DAAN-11",),
        "statute": ("DAAN-07",),
        "use": ("DAAN-07",),
        "on_behalf_of": ("SPD-13",),
        "routed_to": ("SPD-13",),
        "ground": ("SPD-12",),
        "reference": ("SPD-12",),
        "case_number": ("SPD-17",),
        "asked_time": ("NPA-21",),
        "cameras": ("DAAN-07", "DAAN-11"),
        "footage_from": ("DAAN-11",),
        "footage_to": ("DAAN-11",),
        "steps": ("NPA-21", "DAAN-11"),
    },
    "access": {
        "cause": ("NPA-15",),
        "purpose": ("NPA-15",),
        "agreed_time": ("NPA-15",),
        "accompanied_by": ("NPA-15",),
        "copy_number": ("DAAN-08",),
        "signed_at": ("NPA-15", "SPD-17", "DAAN-11"),
        "signed_by": ("NPA-15", "SPD-17", "DAAN-11"),
        "signed_as": ("SPD-17", "DAAN-11"),
        "result_of": ("DAAN-11",),
        "address": ("LIVE-05",),
        "project": ("LIVE-06",),
        "legal_basis": ("LIVE-06",),
        "ground": ("SPD-12",),
        "reference": ("SPD-12",),
        "case_number": ("SPD-17",),
    },
}
# A line without these says nothing, whoever keeps it.
ALWAYS: Final = frozenset(
    {"submitted_at", "action", "purpose", "cameras", "footage_from", "footage_to", "steps", "address"}
    | {"signed_at", "signed_by", "destroyed_at", "destroyed_by"}
)


def printed(register: str, clauses: Iterable[str]) -> list[list[str]]:
    """Return the columns of an agency's register by its clauses: each a list of the names that stand in its cells."""
    asked, own = ASKED[register], frozenset(clauses)
    named = {name for name, by in asked.items() if own.intersection(by)}
    left_out = set(asked) - named - ALWAYS if named else set()
    cells = ([name for name in together if name not in left_out] for together in TOGETHER[register])
    return [cell for cell in cells if cell]


def clauses_of(register: str, names: Sequence[str], clauses: Iterable[str]) -> list[str]:
    """Return which of an agency's clauses ask for what stands in one column."""
    own = frozenset(clauses)
    asked = (clause for name in names for clause in ASKED[register].get(name, ()) if clause in own)
    return sorted(dict.fromkeys(asked))
