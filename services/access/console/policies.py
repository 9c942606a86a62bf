"""Policy pages: each clause beside the rule that carries it out, who does so, and what proves it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from services.access.asking import desk_of, engine_of
from services.access.console import frame, refusing, zones
from services.access.console.forms import NOTHING, Filled
from services.access.console.law import Clause, clauses_of
from services.access.console.route import PageRoute
from services.access.console.visit import Visit, Visiting
from services.access.policies import office, simulations_http
from services.access.refusals import Unknown
from services.kernel.policy import Pack
from services.kernel.policy.coverage import ClauseEntry
from services.kernel.policy.periods import Period
from services.kernel.policy.rules import Rule
from services.runtime.packs import PackFolder, load_folder
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/console/policies", route_class=PageRoute, include_in_schema=False)

CLOCKS: Final = {"start": "from_the_start", "end": "from_the_end", "both": "from_both"}
_SCENARIOS: Final[dict[tuple[Path, str], dict[str, int]]] = {}
_SCENARIOS_MAX: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One clause of a pack with everything that stands beside it."""

    clause: Clause
    rules: tuple[Rule, ...]
    carried_by: tuple[str, ...]
    tests: tuple[str, ...]  # each as the sentence that it proves
    scenarios: int
    waits_for: tuple[str, ...]


@router.get("")
async def list_page(visit: Visiting) -> HTMLResponse:
    """Show every pack: agency, version, since when it binds, and how many cameras."""
    async with engine_of(visit.request).connect() as tx:
        told = await office.overview(tx, desk_of(visit.request))
    shown_here = [each for each in told if each["policy_id"] in visit.packs]
    clocks = [visit.dates_of(visit.packs[str(each["policy_id"])]) for each in shown_here]
    return frame.page(visit, "policies.html", told=shown_here, zones=zones.named(visit.dates, clocks))


@router.get("/{policy_id}")
async def policy_page(visit: Visiting, policy_id: str) -> HTMLResponse:
    """Show one pack clause by clause, with the panel that simulates another version or date."""
    return await shown(visit, pack_in_force(visit, policy_id))


def pack_in_force(visit: Visit, policy_id: str) -> Pack:
    """Return the version of a policy that binds now. Raises Unknown."""
    pack = visit.packs.get(policy_id)
    if pack is None:
        raise Unknown(f"no policy {policy_id[:40]!r} is in force", remedy="choose one from the list")
    return pack


async def shown(visit: Visit, pack: Pack, form: Filled = NOTHING, refusal: Refusal | None = None) -> HTMLResponse:
    """Return a policy's page, with what was typed into its panel and why that was refused."""
    folder = desk_of(visit.request).shelf.offered(pack.id)
    entries = folder.clauses if folder is not None else ()
    return frame.page(
        visit,
        "policy.html",
        status=refusal.status if refusal is not None else 200,
        pack=pack,
        form=form,
        refusal=refusing.told(refusal, visit.language) if refusal is not None else None,
        its_dates=visit.dates_of(pack),
        lines=_lines(visit, pack, entries, await asyncio.to_thread(_scenarios, folder)),
        own_rules=[rule for rule in pack.rules.values() if rule.basis is not None],
        clock_word=lambda clock: CLOCKS.get(clock, clock),
        period=lambda length: period(length, visit.language),
        recovery=visit.dates.left(pack.retention.recovery),
        may_simulate=bool(visit.person.roles & simulations_http.readers(visit.request, pack.id)),
        versions=_versions(visit, pack),
        others=[each for each in visit.packs.values() if each.id != pack.id],
    )


def _versions(visit: Visit, pack: Pack) -> list[tuple[int, str]]:
    """Return each version that can be simulated, with the word that says how it stands; the one on offer first."""
    shelf = desk_of(visit.request).shelf
    offered = shelf.offered(pack.id)
    on_offer = offered.pack.version if offered is not None else pack.version

    def standing(version: int) -> str:
        if version == pack.version:
            return "version_in_force"
        return "version_on_offer" if version == on_offer else "version_adopted"

    known = [each.version for each in shelf.versions(pack.id)]
    return [(each, standing(each)) for each in sorted(known, key=lambda version: (version != on_offer, -version))]


def period(length: Period | None, language: str) -> str:
    """Return a period of a rule as people read it: P90D is 90 days."""
    if length is None:
        return "–"
    units = {
        "D": ("days", "日"),
        "M": ("months", "個月"),
        "Y": ("years", "年"),
        "W": ("weeks", "週"),
        "H": ("hours", "小時"),
    }
    text = length.text.removeprefix("P").removeprefix("T")
    unit = units.get(text[-1:])
    if unit is None or not text[:-1].isdigit():
        return length.text
    return f"{text[:-1]} {unit[language == 'zh-Hant']}"


def sentence(test: str) -> str:
    """Return what a test proves: its name is a sentence."""
    return test.rpartition("::")[2].removeprefix("test_").replace("_", " ")


def _lines(
    visit: Visit, pack: Pack, entries: tuple[ClauseEntry, ...], scenarios: Mapping[str, int]
) -> list[Line]:  # fmt: skip
    known = clauses_of(visit)
    return [
        Line(
            clause=known.get(entry.id) or Clause(id=entry.id),
            rules=tuple(pack.rules[name] for name in entry.rules if name in pack.rules),
            carried_by=tuple(entry.carried_by),
            tests=tuple(sentence(each) for each in entry.tests),
            scenarios=scenarios.get(entry.id, 0),
            waits_for=tuple(entry.waits_for),
        )
        for entry in entries
    ]


def _scenarios(folder: PackFolder | None) -> dict[str, int]:
    """Count the scenarios that prove each clause; a pack is read with them once in a process."""
    if folder is None:
        return {}
    key = (folder.path, folder.pack.digest)
    if key not in _SCENARIOS:
        while len(_SCENARIOS) >= _SCENARIOS_MAX:
            del _SCENARIOS[next(iter(_SCENARIOS))]
        _SCENARIOS[key] = _counted(load_folder(folder.path).scenarios)
    return _SCENARIOS[key]


def _counted(scenarios: Any) -> dict[str, int]:  # noqa: ANN401 - as the loader gives them
    found: dict[str, int] = {}
    for each in scenarios:
        for clause in each.clauses:
            found[clause] = found.get(clause, 0) + 1
    return found
