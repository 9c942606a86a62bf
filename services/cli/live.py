"""``camledger live`` and ``camledger project``: live pictures, and the five decisions that open them."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli.camera import named
from services.cli.client import Client, Json, path
from services.cli.show import AsJson, AsPerson, answer
from services.cli.typed import Cameras, From, To, name, number

live_app = typer.Typer(help="Live pictures.", no_args_is_help=True)
project_app = typer.Typer(help="Live projects and their five decisions.", no_args_is_help=True)

LIVE_COLUMNS = ("live_id", "camera", "project", "person", "opened_at", "ends_at")
PROJECT_COLUMNS = ("project_id", "policy_id", "open_steps", "cameras", "members")
ProjectId = Annotated[str, typer.Argument(parser=name, metavar="PROJECT_ID")]
Decision = Annotated[str, typer.Argument(help="group, lead_decision, police_consent, members or set_permissions.")]


@live_app.command("open")
def open_live(
    camera: Annotated[str, typer.Argument(parser=name, metavar="CAMERA_ID")],
    ground: Annotated[str, typer.Option(help="As the camera's policy names it, such as statutory_duty.")] = "",
    basis: Annotated[str, typer.Option("--legal-basis", help="Act and article.")] = "",
    project: Annotated[str, typer.Option(help="Live project, where the policy asks for one.")] = "",
    danger_to: Annotated[str, typer.Option(help="life, body, freedom or property.")] = "",
    reference: Annotated[str, typer.Option(help="Number of the call, event or analysis.")] = "",
    explanation: Annotated[str, typer.Option()] = "",
    replace: Annotated[bool, typer.Option(help="Let it take the place of the one that is open.")] = False,
    person: AsPerson = "officer-lin",
    as_json: AsJson = False,
) -> None:
    """Open one camera's live picture; the answer names its playlist, for a player that sends this account's token."""
    body = {"camera": camera, "project": project, "ground": ground, "legal_basis": basis, "danger_to": danger_to}
    body |= {"reference": reference, "explanation": explanation}
    answer(Client(person).post("access", "/live", {**body, "replace": replace}), as_json)


@live_app.command("close")
def close_live(
    live_id: Annotated[str, typer.Argument(parser=number, metavar="LIVE_ID")],
    person: AsPerson = "officer-lin",
    as_json: AsJson = False,
) -> None:
    """Close one's own live picture."""
    answer(Client(person).post("access", path("live", live_id, "close")), as_json)


@live_app.command("list")
def list_live(person: AsPerson = "officer-lin", as_json: AsJson = False) -> None:
    """List the pictures that are open: one's own, or everybody's for who audits."""
    answer(Client(person).get("access", "/live"), as_json, LIVE_COLUMNS, "live")


@project_app.command()
def decide(
    project: ProjectId,
    decision: Decision,
    value: Annotated[list[str] | None, typer.Option("--value", help="group: name=value of the record.")] = None,
    cameras: Cameras = None,
    member: Annotated[list[str] | None, typer.Option("--member", help="members: person id; repeatable.")] = None,
    network: Annotated[list[str] | None, typer.Option("--network", help="set_permissions: CIDR; repeatable.")] = None,
    start: From = None,
    end: To = None,
    policy: Annotated[str, typer.Option(parser=name, metavar="POLICY_ID")] = "taipei-live",
    person: AsPerson = "lead-ong",
    as_json: AsJson = False,
) -> None:
    """Make one of the five decisions; made again, one only narrows."""
    body: Json = {"decision": decision, "policy_id": policy, "record": named(value or []), "cameras": cameras or []}
    body |= {"members": member or [], "networks": network or [], "period_from": start, "period_to": end}
    answer(Client(person).post("access", path("projects", project, "decisions"), body), as_json)


@project_app.command()
def withdraw(
    project: ProjectId,
    decision: Decision,
    reason: Annotated[str, typer.Option()] = "",
    person: AsPerson = "consent-hsu",
    as_json: AsJson = False,
) -> None:
    """Take a decision back; what rested on it is open again, and open pictures are cut."""
    body = {"decision": decision, "reason": reason}
    answer(Client(person).post("access", path("projects", project, "withdrawals"), body), as_json)


@project_app.command("list")
def list_projects(person: AsPerson = "lead-ong", as_json: AsJson = False) -> None:
    """List the projects that one has a part in."""
    answer(Client(person).get("access", "/projects"), as_json, PROJECT_COLUMNS, "projects")


@project_app.command()
def show(project: ProjectId, person: AsPerson = "lead-ong", as_json: AsJson = False) -> None:
    """Show one project with its decisions."""
    answer(Client(person).get("access", path("projects", project)), as_json)
