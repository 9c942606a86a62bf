"""Packs, their rules and their test runs as JSON documents for other programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

import typer

from services.kernel.policy import Pack
from services.kernel.policy.coverage import ClauseCoverage
from services.kernel.policy.rules import Rule
from services.kernel.policy.scenarios import Ran
from services.runtime.packs import PackFolder


def report(folder: PackFolder, ran: Sequence[Ran], clauses: Sequence[ClauseCoverage]) -> dict[str, object]:
    return {
        **summary(folder),
        "passed": sum(each.passed for each in ran),
        "failed": [{"id": each.scenario.id, "differences": list(each.differences)} for each in ran if not each.passed],
        "coverage": [_clause(each) for each in clauses],
    }


def _clause(clause: ClauseCoverage) -> dict[str, object]:
    return {
        "clause": clause.entry.id,
        "rules": list(clause.entry.rules),
        "allowing": list(clause.allowing),
        "refusing": list(clause.refusing),
        "carried_by": list(clause.entry.carried_by),
        "note": clause.entry.note,
        "tests": list(clause.entry.tests),
        "open": list(clause.entry.waits_for),
        "untested": clause.untested,
        "faults": list(clause.faults),
    }


def summary(folder: PackFolder) -> dict[str, object]:
    pack: Pack = folder.pack
    return {
        "id": pack.id,
        "version": pack.version,
        "reference": pack.reference,
        "digest": pack.digest,
        "title": dict(pack.title),
        "agency": pack.agency,
        "effective": pack.effective.isoformat(),
        "enacted_by": list(pack.enacted_by),
        "scenarios": len(folder.scenarios),
        "clauses": len(folder.clauses),
    }


def rule_document(rule: Rule) -> dict[str, object]:
    return {"id": rule.id, "clauses": list(rule.clauses), "title": dict(rule.title), "message": dict(rule.message)}


def print_json(value: object) -> None:
    # Plain print: a terminal's width must not break a line that another program reads.
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))
