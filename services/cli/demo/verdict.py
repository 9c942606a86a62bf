"""The verdict: three tables that must be one, the rules, and how both look on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.cli.client import DONE, REFUSED, console
from services.cli.demo.check import Case, Finding, check
from services.cli.demo.history import TOPICS, History, history
from services.cli.demo.outcome import draw, explained
from services.cli.demo.phrases import phrase
from services.cli.demo.plan import Plan
from services.cli.demo.reading import SchemaFiles, read_all
from services.cli.demo.recorders import all_old_files, live_recorders
from services.cli.demo.rows import Row, content_hash, rows_expected, rows_of_log
from services.cli.demo.telling import Teller
from services.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came out, and every finding."""

    log: History
    expected: tuple[Row, ...]
    database: tuple[Row, ...] | None  # None where no service runs that could be asked
    findings: tuple[Finding, ...]


def judge(home: Path, plan: Plan, kafka: str, catalog: Callable[[], Sequence[Row]] | None) -> Verdict:
    """Read the log as a stranger would and hold it against files, lists and plan, and against the database."""
    live = {key: path for recorder in live_recorders(home) for key, path in recorder.files().items()}
    expected = tuple(rows_expected(plan, all_old_files(plan, home / "old-recorder"), live))
    log = history(read_all(kafka, SchemaFiles(Settings(service="check").schemas), TOPICS))
    findings = check(Case(log, home / "ingest" / "store", expected, tuple(live)))
    database = None if catalog is None else tuple(catalog())
    if database is not None and list(database) != rows_of_log(log):
        findings.append(Finding("log and database tell the same", "they tell different tables"))
    return Verdict(log, expected, database, tuple(findings))


def show(verdict: Verdict, teller: Teller) -> int:
    """Print table, hashes and findings; return the exit code."""
    console.print(draw(verdict.log, teller.lang))
    if why_held := explained(verdict.log, teller.lang):
        console.print(why_held, highlight=False, markup=False)
    teller.plain("hash.title")
    teller.labelled("hash.expected", content_hash(verdict.expected))
    teller.labelled("hash.log", content_hash(rows_of_log(verdict.log)))
    if verdict.database is not None:
        teller.labelled("hash.database", content_hash(verdict.database))
    teller.plain("checked", records=verdict.log.records)
    for finding in verdict.findings:
        rule = phrase(f"rule.{finding.rule.replace(' ', '_')}", teller.lang)
        teller.labelled("must.not.be", rule, style="bold red")
        console.print(f"  {finding.what}", highlight=False, markup=False)
    if verdict.findings:
        return REFUSED
    teller.plain("verdict.1", style="bold")
    teller.plain("verdict.2", style="bold")
    return DONE
