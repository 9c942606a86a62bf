"""The first page: what runs out first for the person who looks, and how the system stands, in one line."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from services.access.asking import engine_of, signatory
from services.access.console import alarms, duties, emergency, frame, hold_tasks, may, standing_still, words, zones
from services.access.console.desktop import EVENTS_READ, Case, Desktop, desktop, versions
from services.access.console.neighbours import Answer, ask_each
from services.access.console.numbers import short
from services.access.console.route import PageRoute
from services.access.console.tasks import Task, axis_days, axis_start, drawn, in_order, place
from services.access.console.visit import Visit, Visiting, console_of
from services.access.protections import store
from services.access.protections.http import HOLDERS
from services.access.requests import spoliation
from services.access.requests.http import CONFIRMERS
from services.kernel.binding import bound_now
from services.kernel.policy.rules import Step

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)

SPOLIATION_SHOWN: Final = timedelta(days=14)
TASKS_SHOWN: Final = 40


@router.get("")
async def home(visit: Visiting) -> HTMLResponse:
    """Show tasks by deadline, the system's state, and what it did by itself."""
    others = ask_each(
        visit,
        ("ingest", "/parked", {}),  # not /status: that counts every segment there is
        ("retention", "/status", {"counted": "false"}),
        ("retention", "/overdue", {}),
        ("analytics", "/status", {}),
        ("ingest", "/camera-records", {}),
    )
    # The neighbours count while our own tables are read.
    answers = await asyncio.gather(_ours(visit), others, standing_still.told(visit))
    (own, tasks, bound), (ingest, retention, overdue, analytics, records), still = answers
    start = axis_start(visit.now, visit.dates)
    return frame.page(
        visit,
        "home.html",
        tasks=drawn(tasks[:TASKS_SHOWN], visit.now, visit.dates, words.word("over", visit.language)),
        number_of_tasks=len(tasks),
        days=axis_days(visit.now, visit.dates),
        now_at=place(visit.now, start),
        own=own,
        events_read=EVENTS_READ,
        silent=[name for name, said in zip(NEIGHBOURS, (ingest, retention, analytics), strict=True) if said.silent],
        still=still,
        breakers=_breakers(retention),
        overdue=_overdue(overdue),
        parked=None if ingest.silent else len(ingest.says["parked"]),
        duties_overdue=_duties_overdue(visit, bound, records) if visit.person.is_insider else 0,
        is_insider=visit.person.is_insider,
    )


async def _ours(visit: Visit) -> tuple[Desktop, list[Task], dict[str, str]]:
    """Return what our own tables tell: the desktop, its tasks in order, and which policy binds each camera."""
    async with engine_of(visit.request).connect() as tx:
        own = await desktop(tx, visit)
        watched = await alarms.found(tx, visit)
        emergencies = await emergency.tasks(tx, visit)
        bound = bound_now(await store.camera_bindings(tx), visit.now)
    return own, in_order([*_tasks(visit, own), *watched, *emergencies]), bound


NEIGHBOURS: Final = ("ingest", "retention", "analytics")


def _breakers(answer: Answer) -> int | None:
    return None if answer.silent else len(answer.says.get("breakers", ())) + bool(answer.says.get("clock_halted"))


def _duties_overdue(visit: Visit, bound: Mapping[str, str], answer: Answer) -> int:
    """Count permits and inspections that are overdue (DAAN-01); what ingest doesn't tell is told as its silence."""
    known = {} if answer.silent else duties.told(answer.says["records"])
    packs = {name: visit.packs.get(bound.get(name, "")) for name in known}
    return sum(len(duties.overdue(pack, known[name], visit.now)) for name, pack in packs.items() if pack is not None)


def _overdue(answer: Answer) -> int | None:
    if answer.silent or not isinstance(answer.says, list):
        return None
    return sum(int(line["segments"]) for line in answer.says if line["outcome"] == "overdue")


def _tasks(visit: Visit, own: Desktop) -> list[Task]:
    found: list[Task] = []
    for case in own.cases:
        found += _of_case(visit, case, own)
    if visit.person.roles & HOLDERS:
        found += hold_tasks.reviews(own.protections, visit.now, visit.language)
    return found


def _of_case(visit: Visit, case: Case, own: Desktop) -> list[Task]:
    asked = case.file.submitted
    assert asked is not None
    found = [_to_sign(visit, case, step) for step in _waiting(visit, case)]
    if asked.requester == visit.person.person_id and not found:
        found.append(_own(visit, case))
    if visit.person.roles & HOLDERS and (clock := _runs_out(visit, case, own)) is not None:
        found.append(clock)
    if visit.person.roles & CONFIRMERS and str(case.file.request_id) in own.unconfirmed:
        found.append(_task(visit, case, "task_confirm", "open", clauses=()))
    return found


def _waiting(visit: Visit, case: Case) -> list[Step]:
    """What waits for this person doesn't change with the minute: the hour stands for terms and delegations."""
    by = signatory(visit.signer)
    about = ("waits", by, _this_hour(visit))
    files = console_of(visit.request).open_files
    return files.judged(case.file.request_id, about, lambda: may.to_sign(case.pack, case.file, by, visit.now))


def _this_hour(visit: Visit) -> datetime:
    return visit.now.replace(minute=0, second=0, microsecond=0)


def _to_sign(visit: Visit, case: Case, step: Step) -> Task:
    return _task(visit, case, "task_sign", "review_it", meta=(step.title,), clauses=step.clauses)


def _own(visit: Visit, case: Case) -> Task:
    if case.file.grant is not None:
        return _task(visit, case, "task_own_granted", "open")
    waits = [frame.said(step.title, visit.language) for step in may.whose_turn(case.pack, case.file, visit.now)]
    step = words.word("with", visit.language, who=words.word("list_sep", visit.language).join(waits))
    return _task(visit, case, "task_own", "open", about={"step": step})


def _task(
    visit: Visit,
    case: Case,
    title: str,
    act: str,
    *,
    about: dict[str, str] | None = None,
    meta: tuple[Any, ...] = (),
    clauses: tuple[str, ...] = (),
) -> Task:
    asked = case.file.submitted
    assert asked is not None
    rule = case.pack.requests.get(asked.kind)
    said = [frame.said(each, visit.language) for each in ([rule.title] if rule is not None else []) + list(meta)]
    return Task(
        title=title,
        about={"number": short(case.file.request_id)} | (about or {}),
        to=f"/console/requests/{case.file.request_id}",
        act=act,
        due=asked.term_ends_at,
        meta=tuple(said),
        policy_id=case.pack.id,
        clauses=clauses,
    )


def _runs_out(visit: Visit, case: Case, own: Desktop) -> Task | None:
    asked = case.file.submitted
    assert asked is not None
    # Footage is kept by the version in force, a request is decided by the one that it was handed in under.
    in_force = visit.packs.get(case.pack.id, case.pack)
    dates = visit.dates_of(case.pack)
    its_own = own.protections_of.get(str(case.file.request_id), ())
    about = ("clock", in_force.reference, own.standing, versions(its_own), _this_hour(visit))
    files = console_of(visit.request).open_files
    clock = files.judged(
        case.file.request_id,
        about,
        lambda: spoliation.clock(in_force, asked.scope, [*own.protections_of.get("", ()), *its_own], visit.now),
    )
    if clock.runs_out_at is None or clock.runs_out_at - visit.now > SPOLIATION_SHOWN or not asked.scope.cameras:
        return None
    return Task(
        title="task_runs_out",
        about={
            "number": short(case.file.request_id),
            "when": dates.instant(clock.runs_out_at) + zones.beside(visit.dates, dates),
        },
        to=f"/console/holds?request={case.file.request_id}#place",
        act="place_hold",
        due=clock.runs_out_at,
        is_spoliation=True,
        meta=(", ".join(asked.scope.cameras[:4]), words.word("no_hold_yet", visit.language)),
        policy_id=case.pack.id,
        clauses=tuple(c for each in case.pack.retention.holds.values() for c in each.clauses),
    )
