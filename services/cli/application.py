"""All verbs of the command line in one place; the module of a noun is loaded when its verb is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class Verb(NamedTuple):
    """Where a verb lives and what ``camledger --help`` says of it."""

    module: str
    name: str
    help: str


VERBS: dict[str, Verb] = {
    "up": Verb("up.command", "up", "Everything on one machine until Ctrl-C, status page included."),
    "demo": Verb("demo.command", "demo", "The main job on shipped footage, proved from the log."),
    "serve": Verb("up.command", "serve", "One service: what the images run."),
    "migrate": Verb("operations.migrating", "migrate", "Databases, roles, migrations, topics: before all else."),
    "fsck": Verb("operations.fsck", "fsck", "Every table and the audit tree against the log."),
    "replay": Verb("operations.replay.command", "replay_app", "Build one projection anew, compare, switch."),
    "deadletter": Verb("operations.deadletter", "deadletter_app", "Records that could not be taken."),
    "parked": Verb("operations.parked", "parked_app", "Protections that custody can't read."),
    "doctor": Verb("operations.doctor.command", "doctor", "Unsafe settings by name, with their remedy."),
    "people": Verb("operations.people", "people_app", "Who may call: accounts and their tokens."),
    "policy": Verb("policy.command", "policy_app", "Policy packs: test, simulate, adopt, bind cameras."),
    "camera": Verb("camera", "camera_app", "Cameras and body-worn devices."),
    "mask": Verb("camera", "mask_app", "Attested masks."),
    "takeover": Verb("camera", "takeover_app", "Footage of an older recorder."),
    "shift": Verb("camera", "shift_app", "Shifts of body-worn devices."),
    "card": Verb("camera", "card_app", "Memory cards."),
    "source": Verb("source", "source_app", "Sources of footage: watched folders and clocks."),
    "ingest": Verb("segment", "ingest_app", "Take footage in."),
    "storage": Verb("storage", "storage_app", "Stores of footage against the catalog, and where a segment lies."),
    "segment": Verb("segment", "segment_app", "Segments: list, show, explain."),
    "request": Verb("request", "request_app", "Requests for footage."),
    "approve": Verb("request", "approve", "Sign a step of a request's chain."),
    "return": Verb("request", "return_", "Send a request back for correction."),
    "deny": Verb("request", "deny", "Deny a request."),
    "consult": Verb("request", "consult", "Give the opinion that a chain asks for."),
    "view": Verb("request", "view_app", "Viewings of granted footage."),
    "copy": Verb("request", "copy_app", "Copies of granted footage."),
    "live": Verb("live", "live_app", "Live pictures: open, list, close."),
    "project": Verb("live", "project_app", "Live projects and their five decisions."),
    "hold": Verb("hold", "hold_app", "Legal holds."),
    "deletion": Verb("hold", "deletion_app", "The deletion queue and its receipts."),
    "breaker": Verb("breaker", "breaker_app", "Breakers that stopped deletion, and their reset."),
    "audit": Verb("audit", "audit_app", "The audit log's root, and the proof that it only grew."),
    "register": Verb("register", "register_app", "Catalog, request and access registers."),
    "report": Verb("report", "report_app", "Statistics."),
}


class Verbs(TyperGroup):
    """A group that knows its verbs by name and loads one when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - typer ships its own click
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - as above
        if cmd_name not in VERBS:
            return None
        verb = VERBS[cmd_name]
        return _named(cmd_name, getattr(import_module(f"services.cli.{verb.module}"), verb.name))

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 - as above
        typer.echo(f"{ctx.get_usage()}\n\n  {self.help}\n\nVerbs (each has --help):")
        for name, verb in VERBS.items():
            typer.echo(f"  {name:<10} {verb.help}")
        typer.echo("\nExit codes: 0 done, 1 refused or finding, 2 wrong use, 3 not reachable, 130 interrupted.")


def _named(name: str, what: Any) -> TyperCommand | TyperGroup:  # noqa: ANN401 - a sub-application or a function
    if isinstance(what, typer.Typer):
        loaded: Any = typer.main.get_group(what)
    else:
        alone = typer.Typer(add_completion=False)
        alone.command()(what)
        loaded = typer.main.get_command(alone)
    loaded.name = name
    return loaded  # type: ignore[no-any-return]


app = typer.Typer(
    name="camledger",
    cls=Verbs,
    help="Footage from public and body-worn cameras: retention, holds, access, proof.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def camledger() -> None:
    """Footage from public and body-worn cameras: retention, holds, access, proof."""
