"""``camledger replay plan|apply|status|cancel|rollback|write-again``."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

import typer
from rich.table import Table

from services.cli.client import DONE, REFUSED, WRONG_USE, console, errors, fail
from services.cli.operations.comparing import Unbuildable
from services.cli.operations.installed import AtData, installed
from services.cli.operations.projected import Projected, projected
from services.cli.operations.reached import Interrupted, reaching, run
from services.cli.show import AsJson, answer
from services.kernel.topics import SERVICES
from services.runtime.settings import Settings

T = TypeVar("T")
Service = Annotated[str, typer.Argument(help="ingest, retention, access or analytics")]
By = Annotated[str, typer.Option(envvar="CAMLEDGER_AS", help="Person id of who does this; it stands on the log.")]
Why = Annotated[str, typer.Option(help="Reason or ticket; it stands on the log.")]

DROPPED = "interrupted; the shadow is dropped, nothing was switched"

replay_app = typer.Typer(help="Build one projection anew from the log, compare, and switch.", no_args_is_help=True)


@replay_app.command()
def plan(
    service: Service,
    table: Annotated[list[str] | None, typer.Option(help="Only these; none means every projection.")] = None,
    data: AtData = None,
    as_json: AsJson = False,
) -> None:
    """Say which records would be read and what is missing of them; ``apply`` takes the digest."""
    from services.cli.operations.replay.desk import make_plan

    one = _known(service)
    tables = _tables(one, table)
    with installed(data) as settings:
        made = _run(settings, make_plan(_of(settings, service), one, tables))
    if as_json:
        stretches = [asdict(s) | {"records": s.records, "missing": s.missing} for s in made.stretches]
        summary = {"digest": made.digest(), "records": made.records, "missing": made.missing, "waiting": made.waiting}
        console.print_json(data={"service": service, "tables": list(tables), "stretches": stretches} | summary)
    else:
        drawn = Table("topic", "partition", "from", "to", "records", "missing", box=None, header_style="bold")
        for s in made.stretches:
            drawn.add_row(s.topic, str(s.partition), f"{s.start:,}", f"{s.stop:,}", f"{s.records:,}", f"{s.missing:,}")
        console.print(drawn)
        console.print(f"{made.records:,} records for {', '.join(one.switched(tables))}", highlight=False)
        console.print(f"plan [bold]{made.digest()}[/bold]", highlight=False)
    raise typer.Exit(REFUSED if made.missing else DONE)


@replay_app.command()
def apply(
    service: Service,
    digest: Annotated[str, typer.Option("--plan", help="Digest of the plan, or its first letters.", min=8)],
    by: By,
    why: Why,
    compare_only: Annotated[bool, typer.Option("--compare-only", help="Switch nothing; the service may run.")] = False,
    data: AtData = None,
    as_json: AsJson = False,
) -> None:
    """Carry a plan out beside the live tables, compare, and switch them in one transaction.

    The service must be stopped for a switch. What was live stays in schema ``before``: ``replay rollback``.
    """
    from services.cli.operations.replay.applying import Order, Outcome, Replay

    one, order = _known(service), Order(digest=digest, by=by, why=why, compare_only=compare_only)
    with installed(data) as settings:
        outcome: Outcome = _run(settings, Replay(_of(settings, service), one, order, _say).apply())
    different = [name for name, told in outcome.tables.items() if told["difference"]]
    if as_json:
        console.print_json(data=asdict(outcome) | {"run_id": str(outcome.run_id), "different": different})
    else:
        rows = [{"table": name} | dict(told) for name, told in outcome.tables.items()]
        answer(rows, as_json=False, columns=("table", "rows_live", "rows_from_log", "difference"))
        what = "switched; what was live is in schema 'before'" if outcome.switched else "compared, nothing switched"
        console.print(f"{outcome.records:,} records, {len(different)} tables differed: {what}", highlight=False)
    raise typer.Exit(REFUSED if different and compare_only else DONE)


@replay_app.command()
def status(service: Service, data: AtData = None, as_json: AsJson = False) -> None:
    """List the last replays of a service."""
    from services.cli.operations.replay.desk import status as states

    _known(service)
    with installed(data) as settings:
        found = _run(settings, states(_of(settings, service), service))
    rows = [asdict(run) | {"run_id": str(run.run_id), "changed_at": run.changed_at.isoformat()} for run in found]
    columns = ("plan_digest", "state", "fault", "lost", "done", "records", "asked_by", "why", "changed_at")
    answer(rows, as_json, columns=columns)


@replay_app.command()
def cancel(service: Service, data: AtData = None) -> None:
    """Ask the running replay of a service to end; its shadow is dropped, nothing is switched."""
    from services.cli.operations.replay.desk import cancel as ask

    _known(service)
    with installed(data) as settings:
        asked, cleared = _run(settings, ask(_of(settings, service), service))
    gone = f"{cleared} whose process was gone: cleared away, nothing was switched" if cleared else "nothing was running"
    console.print(f"{asked} asked to end" if asked else gone, highlight=False)


@replay_app.command()
def rollback(service: Service, by: By, why: Why, data: AtData = None) -> None:
    """Exchange the live tables with those before the last switch. The service must be stopped."""
    from services.cli.operations.replay.desk import roll_back

    _known(service)
    with installed(data) as settings:
        names = _run(settings, roll_back(_of(settings, service), service, by, why))
    console.print(f"live again as before the switch: {', '.join(names)}", highlight=False)


@replay_app.command(name="write-again")
def write_again(
    topics: Annotated[list[str], typer.Argument(help="Topics of access that were made anew, such as hold.events.")],
    by: By,
    why: Why,
    with_repeats: Annotated[
        bool, typer.Option("--with-repeats", help="What was read beyond what access keeps were repeats, not losses.")
    ] = False,
    data: AtData = None,
    as_json: AsJson = False,
) -> None:
    """Write a lost topic again, whole, from the records that access keeps of its own. Access must be stopped.

    It is read back and compared byte by byte. Then each service that is named makes its tables from it: plan, apply.
    """
    from services.access.recovery import OWN_TOPICS
    from services.cli.operations.replay.writing_again import Order, WritingAgain, Written

    if others := sorted(set(topics) - set(OWN_TOPICS)):
        remedy = "nobody keeps the records of other topics (docs/runbooks/broker-down.md)"
        fail(WRONG_USE, f"{', '.join(others)}: only of {', '.join(OWN_TOPICS)} every record is kept; {remedy}")
    order = Order(topics=tuple(dict.fromkeys(topics)), by=by, why=why, repeats=with_repeats)
    with installed(data) as settings:
        written: list[Written] = _run(settings, WritingAgain(_of(settings, "access"), order, _say).run())
    answer([asdict(one) for one in written], as_json, columns=("topic", "records", "repeats", "readers"))
    if not as_json:
        names = ", ".join(sorted({name for one in written for name in one.readers}))
        console.print(f"whole again. Now stop, `camledger replay plan` and `apply`: {names}", highlight=False)


def _known(service: str) -> Projected:
    if service not in SERVICES:
        fail(WRONG_USE, f"unknown service {service!r}: one of {', '.join(SERVICES)}")
    return projected(service)


def _tables(one: Projected, wanted: list[str] | None) -> tuple[str, ...]:
    if unknown := set(wanted or ()) - set(one.compared):
        fail(
            WRONG_USE, f"{', '.join(sorted(unknown))}: no projection of {one.service}; it has {', '.join(one.compared)}"
        )
    return tuple(sorted(set(wanted or one.compared)))


def _of(settings: Settings, service: str) -> Settings:
    return settings.model_copy(update={"service": service})


def _run(settings: Settings, work: Coroutine[Any, Any, T]) -> T:
    from services.cli.operations.replay.active import NotNow
    from services.cli.operations.replay.applying import Cancelled
    from services.cli.operations.replay.switching import NothingBefore

    try:
        with reaching(settings):
            return run(work)
    except (NotNow, NothingBefore, Cancelled, Unbuildable) as refused:
        fail(REFUSED, str(refused))
    except Interrupted as interrupted:
        # What the work itself says of its end counts: after the switch it was no longer nothing.
        late = isinstance(interrupted.__cause__, NotNow)
        fail(REFUSED, str(interrupted.__cause__) if late else DROPPED)
    except KeyboardInterrupt:
        fail(REFUSED, "interrupted; nothing was switched, and the next `apply` or `cancel` clears away what is left")


def _say(message: str) -> None:
    errors.print(f"[dim]· {message}[/dim]", highlight=False)
