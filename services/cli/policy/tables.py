"""How packs, their runs and what proves their clauses look on a terminal, in either language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text as Styled

from services.cli.policy.words import Word, word
from services.cli.terminal import Lang, console
from services.kernel.policy.coverage import ClauseCoverage
from services.kernel.policy.rules import Text
from services.kernel.policy.scenarios import Ran
from services.runtime.packs import PackFolder


def show_runs(
    folders: Sequence[PackFolder],
    ran: Sequence[Sequence[Ran]],
    covered: Sequence[Sequence[ClauseCoverage]],
    lang: Lang,
) -> None:
    for each in (each for results in ran for each in results if not each.passed):
        _show_failure(each)
    table = new_table(lang, Word.PACK, Word.TITLE, Word.SCENARIOS, Word.FAILED, Word.CLAUSES, Word.OPEN)
    for folder, results, clauses in zip(folders, ran, covered, strict=True):
        failed = sum(not each.passed for each in results)
        table.add_row(
            f"{folder.pack.id}@{folder.pack.version}",
            said(folder.pack.title, lang),
            f"{len(results) - failed}/{len(results)}",
            Styled(str(failed), style="bold red" if failed else "green"),
            str(len(clauses)),
            str(sum(each.is_open for each in clauses)),
        )
    console.print(table)


def _show_failure(failed: Ran) -> None:
    scenario = failed.scenario
    console.print(f"[bold red]✗ {scenario.id}[/] {scenario.title} [dim]({scenario.file}:{scenario.line})[/]")
    for difference in failed.differences:
        console.print(f"    {difference}", markup=False, highlight=False)


def show_coverage(clauses: Iterable[ClauseCoverage], lang: Lang) -> None:
    table = new_table(lang, Word.CLAUSE, Word.RULES, Word.ALLOWS, Word.REFUSES, Word.CARRIED_BY, Word.TESTS, Word.STATE)
    for each in clauses:
        table.add_row(
            each.entry.id,
            ", ".join(each.entry.rules),
            str(len(each.allowing)),
            str(len(each.refusing)),
            ", ".join(each.entry.carried_by),
            str(len(each.entry.tests)),
            _state(each, lang),
        )
    console.print(table)


def _state(clause: ClauseCoverage, lang: Lang) -> Styled:
    if clause.faults:
        return Styled("; ".join(clause.faults), style="bold red")
    if clause.is_open:
        return Styled(f"{word(Word.OPEN, lang)}: {', '.join(clause.entry.waits_for)}", style="yellow")
    if clause.untested:
        return Styled(word(Word.UNTESTED, lang), style="bold red")
    return Styled(word(Word.COVERED, lang), style="green")


def said(said: Text, lang: Lang) -> str:
    return said.get(lang) or said.get("en", "")


def new_table(lang: Lang, *columns: Word, title: str | None = None) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold", show_edge=False, pad_edge=False)
    for each in columns:
        table.add_column(word(each, lang), overflow="fold")
    return table
