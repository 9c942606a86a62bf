"""``camledger policy``: list, show and test policy packs on files alone; no service has to run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from services.cli.policy_words import Word, word
from services.kernel.policy import Pack
from services.kernel.policy.coverage import ClauseCoverage, coverage
from services.kernel.policy.rules import Rule, Text
from services.kernel.policy.scenarios import Ran, run
from services.runtime.cited_tests import absent_tests
from services.runtime.packs import PackBroken, PackFolder, load_folder, pack_folders
from services.runtime.settings import REPOSITORY

FINDING: Final = 1
WRONG_USE: Final = 2
SOURCES: Final = "clauses.tsv"


class Lang(StrEnum):
    EN = "en"
    ZH_HANT = "zh-Hant"


policy_app = typer.Typer(help="Policy packs: list, show, test, adopt.", no_args_is_help=True)

Folder = Annotated[
    Path, typer.Option("--policies", envvar="CAMLEDGER_POLICIES", help="Folder of packs.", file_okay=False)
]
Language = Annotated[Lang, typer.Option("--lang", help="Language of titles and headings.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]

out = Console()
err = Console(stderr=True)


@policy_app.command("list")
def list_packs(
    policies: Folder = REPOSITORY / "policies", *, lang: Language = Lang.EN, as_json: AsJson = False
) -> None:
    """Every pack with its version, instrument and digest."""
    folders = [_load(path) for path in pack_folders(policies)]
    if as_json:
        _print_json([_summary(folder) for folder in folders])
        return
    table = _table(lang, Word.PACK, Word.TITLE, Word.EFFECTIVE, Word.CLAUSES, Word.SCENARIOS, Word.DIGEST)
    for folder in folders:
        pack = folder.pack
        table.add_row(
            f"{pack.id}@{pack.version}",
            _said(pack.title, lang),
            pack.effective.isoformat(),
            str(len(folder.clauses)),
            str(len(folder.scenarios)),
            pack.digest[:12],
        )
    out.print(table)


@policy_app.command("show")
def show(
    pack: Annotated[str, typer.Argument(help="Pack id or folder.")],
    rule: Annotated[str, typer.Argument(help="Rule or clause id; all rules if left out.")] = "",
    policies: Folder = REPOSITORY / "policies",
    *,
    lang: Language = Lang.EN,
    as_json: AsJson = False,
) -> None:
    """The rules of a pack with the clauses that they rest on."""
    folder = _load(_find(pack, policies))
    rules = [each for each in folder.pack.rules.values() if not rule or rule == each.id or rule in each.clauses]
    if not rules:
        _wrong(f"{folder.pack.id} has no rule or clause {rule!r}; `camledger policy show {folder.pack.id}` lists them")
    if as_json:
        _print_json({**_summary(folder), "rules": [_rule(each) for each in rules]})
        return
    table = _table(lang, Word.RULE, Word.TITLE, Word.CLAUSES, title=_said(folder.pack.title, lang))
    for each in rules:
        table.add_row(each.id, _said(each.title, lang), ", ".join(each.clauses) or f"({word(Word.OURS, lang)})")
    out.print(table)


@policy_app.command("test")
def check(
    packs: Annotated[list[str] | None, typer.Argument(help="Pack ids or folders; all if left out.")] = None,
    policies: Folder = REPOSITORY / "policies",
    *,
    with_coverage: Annotated[
        bool, typer.Option("--coverage", help="What proves each clause, and which are open.")
    ] = False,
    lang: Language = Lang.EN,
    as_json: AsJson = False,
) -> None:
    """Check packs, run their scenarios, and say for every clause what proves it. Exit 1 with any finding."""
    paths = [_find(name, policies) for name in packs] if packs else list(pack_folders(policies))
    if not paths:
        _wrong(f"there is no pack in {policies}; name a folder that holds policy.yaml")
    folders = [_load(path) for path in paths]
    ran = [[run(folder.pack, each) for each in folder.scenarios] for folder in folders]
    covered = [_covered(folder, each) for folder, each in zip(folders, ran, strict=True)]
    failing = any(not each.passed for results in ran for each in results)
    faults = any(each.faults or each.untested for clauses in covered for each in clauses)
    unnamed = [] if packs else _unnamed(policies, folders)
    if as_json:
        _print_json([_report(*each) for each in zip(folders, ran, covered, strict=True)])
    else:
        _show_runs(folders, ran, covered, lang)
        if with_coverage:
            _show_coverage([each for clauses in covered for each in clauses], lang)
    if with_coverage and unnamed:
        err.print(f"{policies / SOURCES}: no pack names {', '.join(unnamed)}", markup=False)
    raise typer.Exit(FINDING if failing or (with_coverage and (faults or unnamed)) else 0)


def _unnamed(policies: Path, folders: Iterable[PackFolder]) -> list[str]:
    """Clauses of the sources that no pack has an entry for: the gap that nobody would see."""
    if not (policies / SOURCES).is_file():
        return []
    rows = (policies / SOURCES).read_text(encoding="utf-8").splitlines()[1:]
    named = {entry.id for folder in folders for entry in folder.clauses}
    return [clause for row in rows if (clause := row.partition("\t")[0]) and clause not in named]


@policy_app.command("adopt")
def adopt(
    pack: Annotated[str, typer.Argument(help="Pack id, as it lies on offer at the service.")],
    instrument: Annotated[str, typer.Option(help="The instrument that enacts it.")],
    simulation_digest: Annotated[str, typer.Option(help="Digest of the report that shows what it would do.")] = "",
    effective: Annotated[str | None, typer.Option(help="ISO 8601 instant; a shortening keeps the notice.")] = None,
    digest: Annotated[str, typer.Option(help="Digest of the version that you looked at; another one is refused.")] = "",
    person: Annotated[str, typer.Option("--as", envvar="CAMLEDGER_AS", help="Account that acts.")] = "admin-root",
    *,
    as_json: AsJson = False,
) -> None:
    """Adopt the version on offer. What shortens or relaxes waits for a second person, who says the same again."""
    # The other verbs work on files alone and need no HTTP client.
    from services.cli.client import Client
    from services.cli.show import answer

    body = {"policy_id": pack, "instrument": instrument, "digest": digest, "simulation_digest": simulation_digest}
    answer(Client(person).post("access", "/policies/adopt", body | {"effective": effective}), as_json)


def _covered(folder: PackFolder, ran: Sequence[Ran]) -> tuple[ClauseCoverage, ...]:
    cited = [test for entry in folder.clauses for test in entry.tests]
    return coverage(folder.pack.id, folder.clauses, ran, absent=absent_tests(cited, REPOSITORY))


def _find(name: str, policies: Path) -> Path:
    for path in (policies / name, Path(name)):
        if (path / "policy.yaml").is_file():
            return path
    known = ", ".join(path.name for path in pack_folders(policies)) or "none"
    return _wrong(f"there is no pack {name!r}; known packs: {known}")


def _load(path: Path) -> PackFolder:
    try:
        return load_folder(path)
    except PackBroken as broken:
        err.print(f"[bold red]{broken.folder.name}[/]: {len(broken.faults)} fault(s)")
        for fault in broken.faults:
            err.print(f"  {fault}", markup=False, highlight=False)
        raise typer.Exit(FINDING) from broken


def _wrong(says: str) -> NoReturn:
    err.print(says, markup=False)
    raise typer.Exit(WRONG_USE)


def _show_runs(
    folders: Sequence[PackFolder],
    ran: Sequence[Sequence[Ran]],
    covered: Sequence[Sequence[ClauseCoverage]],
    lang: Lang,
) -> None:
    for each in (each for results in ran for each in results if not each.passed):
        _show_failure(each)
    table = _table(lang, Word.PACK, Word.TITLE, Word.SCENARIOS, Word.FAILED, Word.CLAUSES, Word.OPEN)
    for folder, results, clauses in zip(folders, ran, covered, strict=True):
        failed = sum(not each.passed for each in results)
        table.add_row(
            f"{folder.pack.id}@{folder.pack.version}",
            _said(folder.pack.title, lang),
            f"{len(results) - failed}/{len(results)}",
            Styled(str(failed), style="bold red" if failed else "green"),
            str(len(clauses)),
            str(sum(each.is_open for each in clauses)),
        )
    out.print(table)


def _show_failure(failed: Ran) -> None:
    scenario = failed.scenario
    out.print(f"[bold red]✗ {scenario.id}[/] {scenario.title} [dim]({scenario.file}:{scenario.line})[/]")
    for difference in failed.differences:
        out.print(f"    {difference}", markup=False, highlight=False)


def _show_coverage(clauses: Iterable[ClauseCoverage], lang: Lang) -> None:
    table = _table(lang, Word.CLAUSE, Word.RULES, Word.ALLOWS, Word.REFUSES, Word.CARRIED_BY, Word.TESTS, Word.STATE)
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
    out.print(table)


def _state(clause: ClauseCoverage, lang: Lang) -> Styled:
    if clause.faults:
        return Styled("; ".join(clause.faults), style="bold red")
    if clause.is_open:
        return Styled(f"{word(Word.OPEN, lang)}: {', '.join(clause.entry.waits_for)}", style="yellow")
    if clause.untested:
        return Styled(word(Word.UNTESTED, lang), style="bold red")
    return Styled(word(Word.COVERED, lang), style="green")


def _report(folder: PackFolder, ran: Sequence[Ran], clauses: Sequence[ClauseCoverage]) -> dict[str, object]:
    return {
        **_summary(folder),
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


def _summary(folder: PackFolder) -> dict[str, object]:
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


def _rule(rule: Rule) -> dict[str, object]:
    return {"id": rule.id, "clauses": list(rule.clauses), "title": dict(rule.title), "message": dict(rule.message)}


def _said(said: Text, lang: Lang) -> str:
    return said.get(lang) or said.get("en", "")


def _table(lang: Lang, *columns: Word, title: str | None = None) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold", show_edge=False, pad_edge=False)
    for each in columns:
        table.add_column(word(each, lang), overflow="fold")
    return table


def _print_json(value: object) -> None:
    # Plain print: a terminal's width must not break a line that another program reads.
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))
