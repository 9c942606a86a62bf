"""What a pack admits: kinds of requests, classes of requesters, how long footage is kept, holds, and who signs."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from services.cli.policy.tables import new_table, said
from services.cli.policy.words import Word, word
from services.cli.terminal import Lang
from services.kernel.policy import Pack
from services.kernel.policy.periods import Period


def admitted(pack: Pack) -> dict[str, object]:
    """Return what the pack admits as a document for other programs."""
    return {
        "requests": [
            {"kind": kind, "requesters": sorted(each.requesters), "actions": sorted(each.actions), "chain": each.chain}
            for kind, each in pack.requests.items()
        ],
        "retention": [
            {"rule": each.id, "keep_at_least": _period(each.keep_at_least), "gone_by": _period(each.destroy_by)}
            for each in pack.retention.rules
        ],
        "holds": [{"kind": kind, "lifts_maximum": each.lifts_maximum} for kind, each in pack.retention.holds.items()],
        "chains": [
            {"chain": chain.id, "step": step.id, "roles": sorted(step.roles)}
            for chain in pack.chains.values()
            for step in chain.steps
        ],
    }


def contents(pack: Pack, lang: Lang) -> tuple[Table, ...]:
    """Return the same as tables, those alone that have a row."""
    drawn = (_requests(pack, lang), _retention(pack, lang), _holds(pack, lang), _chains(pack, lang))
    return tuple(each for each in drawn if each.row_count)


def _requests(pack: Pack, lang: Lang) -> Table:
    columns = (Word.REQUEST_KIND, Word.REQUESTERS, Word.ACTIONS, Word.CHAIN)
    table = new_table(lang, *columns, title=word(Word.REQUESTS, lang))
    for kind, each in pack.requests.items():
        table.add_row(kind, _words(each.requesters), _words(each.actions), each.chain)
    return table


def _retention(pack: Pack, lang: Lang) -> Table:
    columns = (Word.RULE, Word.TITLE, Word.KEPT_AT_LEAST, Word.GONE_BY)
    table = new_table(lang, *columns, title=word(Word.RETENTION, lang))
    for each in pack.retention.rules:
        limits = (_period(each.keep_at_least) or "-", _period(each.destroy_by) or "-")
        table.add_row(each.id, said(each.title, lang), *limits)
    return table


def _holds(pack: Pack, lang: Lang) -> Table:
    table = new_table(lang, Word.HOLD_KIND, Word.TITLE, Word.LIFTS_MAXIMUM, title=word(Word.HOLDS, lang))
    for kind, each in pack.retention.holds.items():
        table.add_row(kind, said(each.title, lang), word(Word.YES if each.lifts_maximum else Word.NO, lang))
    return table


def _chains(pack: Pack, lang: Lang) -> Table:
    table = new_table(lang, Word.CHAIN, Word.STEP, Word.ROLES, title=word(Word.CHAINS, lang))
    for chain in pack.chains.values():
        for step in chain.steps:
            table.add_row(chain.id, step.id, _words(step.roles))
    return table


def _period(period: Period | None) -> str:
    return period.text if period is not None else ""


def _words(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
