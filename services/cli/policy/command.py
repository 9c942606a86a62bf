"""``camledger policy``: list, show and test policy packs on files alone; no service has to run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from services.cli.policy.contents import admitted, contents
from services.cli.policy.documents import print_json, report, rule_document, summary
from services.cli.policy.folders import find, load, packs, wrong
from services.cli.policy.tables import new_table, said, show_coverage, show_runs
from services.cli.policy.words import Word, word
from services.cli.simulation import export_log, simulate
from services.cli.terminal import REFUSED, Lang, console, errors
from services.cli.typed import instant
from services.kernel.policy.coverage import ClauseCoverage, coverage
from services.kernel.policy.scenarios import Ran, run
from services.runtime.cited_tests import absent_tests
from services.runtime.packs import PackFolder
from services.runtime.settings import REPOSITORY

SOURCES: Final = "clauses.tsv"

policy_app = typer.Typer(help="Policy packs: list, show, test, adopt, bind.", no_args_is_help=True)

Folder = Annotated[
    Path, typer.Option("--policies", envvar="CAMLEDGER_POLICIES", help="Folder of packs.", file_okay=False)
]
Language = Annotated[Lang, typer.Option("--lang", help="Language of titles and headings.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@policy_app.command("list")
def list_packs(
    policies: Folder = REPOSITORY / "policies", *, lang: Language = Lang.EN, as_json: AsJson = False
) -> None:
    """Every pack with its version, instrument and digest."""
    folders = [load(path) for path in packs(policies)]
    if as_json:
        print_json([summary(folder) for folder in folders])
        return
    table = new_table(lang, Word.PACK, Word.TITLE, Word.EFFECTIVE, Word.CLAUSES, Word.SCENARIOS, Word.DIGEST)
    for folder in folders:
        pack = folder.pack
        table.add_row(
            f"{pack.id}@{pack.version}",
            said(pack.title, lang),
            pack.effective.isoformat(),
            str(len(folder.clauses)),
            str(len(folder.scenarios)),
            pack.digest[:12],
        )
    console.print(table)


@policy_app.command("show")
def show(
    pack: Annotated[str, typer.Argument(help="Pack id or folder.")],
    rule: Annotated[str, typer.Argument(help="Rule or clause id; all rules if left out.")] = "",
    policies: Folder = REPOSITORY / "policies",
    *,
    lang: Language = Lang.EN,
    as_json: AsJson = False,
) -> None:
    """The rules of a pack with their clauses; what may be asked and by whom, how long footage is kept, who signs."""
    folder = load(find(pack, policies))
    rules = [each for each in folder.pack.rules.values() if not rule or rule == each.id or rule in each.clauses]
    if not rules:
        wrong(f"{folder.pack.id} has no rule or clause {rule!r}; `camledger policy show {folder.pack.id}` lists them")
    if as_json:
        print_json({**summary(folder), "rules": [rule_document(each) for each in rules], **admitted(folder.pack)})
        return
    table = new_table(lang, Word.RULE, Word.TITLE, Word.CLAUSES, title=said(folder.pack.title, lang))
    for each in rules:
        table.add_row(each.id, said(each.title, lang), ", ".join(each.clauses) or f"({word(Word.OURS, lang)})")
    for drawn in (table, *(() if rule else contents(folder.pack, lang))):
        console.print(drawn)
        console.print()


@policy_app.command("test")
def check(
    named: Annotated[
        list[str] | None, typer.Argument(metavar="[PACKS]...", help="Pack ids or folders; all if left out.")
    ] = None,
    policies: Folder = REPOSITORY / "policies",
    *,
    with_coverage: Annotated[
        bool, typer.Option("--coverage", help="What proves each clause, and which are open.")
    ] = False,
    lang: Language = Lang.EN,
    as_json: AsJson = False,
) -> None:
    """Check packs, run their scenarios, and say for every clause what proves it. Exit 1 with any finding."""
    paths = [find(name, policies) for name in named] if named else packs(policies)
    folders = [load(path) for path in paths]
    ran = [[run(folder.pack, each) for each in folder.scenarios] for folder in folders]
    covered = [_covered(folder, each) for folder, each in zip(folders, ran, strict=True)]
    failing = any(not each.passed for results in ran for each in results)
    faults = any(each.faults or each.untested for clauses in covered for each in clauses)
    unnamed = [] if named else _unnamed(policies, folders)
    if as_json:
        print_json([report(*each) for each in zip(folders, ran, covered, strict=True)])
    else:
        show_runs(folders, ran, covered, lang)
        if with_coverage:
            show_coverage([each for clauses in covered for each in clauses], lang)
    if with_coverage and unnamed:
        errors.print(f"{policies / SOURCES}: no pack names {', '.join(unnamed)}", markup=False)
    raise typer.Exit(REFUSED if failing or (with_coverage and (faults or unnamed)) else 0)


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
    effective: Annotated[
        str | None, typer.Option(parser=instant, help="Instant; a shortening keeps the notice.")
    ] = None,
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


@policy_app.command("bind")
def bind(
    pack: Annotated[str, typer.Argument(help="Pack id; a version of it must be in force.")],
    camera: Annotated[list[str] | None, typer.Option(help="Camera that it binds from now on; repeatable.")] = None,
    retention_class: Annotated[
        str, typer.Option(help="In place of cameras: footage of this class, of cameras not bound by name.")
    ] = "",
    simulation_digest: Annotated[str, typer.Option(help="Digest of the report, where footage would go earlier.")] = "",
    person: Annotated[str, typer.Option("--as", envvar="CAMLEDGER_AS", help="Account that acts.")] = "admin-root",
    *,
    as_json: AsJson = False,
) -> None:
    """Bind cameras to another pack. One that keeps less long waits for a second person, who says the same again."""
    from services.cli.client import Client, path
    from services.cli.show import answer

    body = {"cameras": camera or [], "retention_class": retention_class, "simulation_digest": simulation_digest}
    answer(Client(person).post("access", path("policies", pack, "cameras"), body), as_json)


def _covered(folder: PackFolder, ran: Sequence[Ran]) -> tuple[ClauseCoverage, ...]:
    cited = [test for entry in folder.clauses for test in entry.tests]
    return coverage(folder.pack.id, folder.clauses, ran, absent=absent_tests(cited, REPOSITORY))


policy_app.command("simulate")(simulate)
policy_app.command("export-log")(export_log)
