"""``camledger camera``, ``mask``, ``shift``, ``card``, ``takeover``: the registry that ingest keeps."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from services.cli.client import REFUSED, WRONG_USE, Client, Json, fail, path
from services.cli.show import AsJson, AsPerson, answer
from services.cli.typed import Camera, CameraId, End, Start, TakeoverId, name

camera_app = typer.Typer(help="Cameras and body-worn devices.", no_args_is_help=True)
mask_app = typer.Typer(help="Attested masks.", no_args_is_help=True)
shift_app = typer.Typer(help="Shifts of body-worn devices.", no_args_is_help=True)
card_app = typer.Typer(help="Memory cards.", no_args_is_help=True)
takeover_app = typer.Typer(help="Footage of an older recorder.", no_args_is_help=True)

COLUMNS = ("camera_id", "kind", "agency", "area", "place", "registered_at", "retired_at")
Value = Annotated[list[str] | None, typer.Option("--value", help="name=value of the policy's record; repeatable.")]
Witness = Annotated[list[str], typer.Option(help="Person id of a witness; repeatable.")]


@camera_app.command()
def register(
    camera_id: CameraId,
    policy: Annotated[str, typer.Option(parser=name, metavar="POLICY_ID", help="Pack that binds this camera.")],
    agency: Annotated[str, typer.Option()],
    kind: Annotated[str, typer.Option(help="fixed, body_worn or live_only")] = "fixed",
    area: Annotated[str, typer.Option()] = "",
    place: Annotated[str, typer.Option()] = "",
    direction: Annotated[str, typer.Option()] = "",
    owner: Annotated[str, typer.Option(help="public or private, for body-worn devices.")] = "",
    mask_area: Annotated[list[str] | None, typer.Option(help="Area that a mask must cover; repeatable.")] = None,
    value: Value = None,
    person: AsPerson = "admin-root",
    as_json: AsJson = False,
) -> None:
    """Register a camera and bind it to its policy pack."""
    values = named(value or [])
    client = Client(person)
    _must_bind(client, policy)
    body = {
        "camera_id": camera_id,
        "kind": kind,
        "agency": agency,
        "area": area,
        "place": place,
        "direction": direction,
        "device_owner": owner,
        "mask_areas": mask_area or [],
        "policy_id": policy,
        "values": values,
    }
    registered = client.post("ingest", "/cameras", body)
    # What binds stands on the protection log, which access writes: two owners, two calls.
    client.post("access", path("policies", policy, "cameras"), {"cameras": [camera_id]})
    answer(registered, as_json)


@camera_app.command("list")
def list_cameras(person: AsPerson = "admin-root", as_json: AsJson = False) -> None:
    """List every camera with its policy and state."""
    answer(Client(person).get("ingest", "/cameras"), as_json, COLUMNS, "cameras")


@camera_app.command()
def show(camera_id: CameraId, person: AsPerson = "admin-root", as_json: AsJson = False) -> None:
    """Show one camera."""
    answer(Client(person).get("ingest", path("cameras", camera_id)), as_json)


@camera_app.command()
def move(
    camera_id: CameraId,
    witness: Witness,
    area: Annotated[str, typer.Option()] = "",
    place: Annotated[str, typer.Option()] = "",
    direction: Annotated[str, typer.Option()] = "",
    value: Value = None,
    person: AsPerson = "admin-root",
    as_json: AsJson = False,
) -> None:
    """Record that a camera stands elsewhere now; --value latitude=25.03 --value longitude=121.56 for the map."""
    body: Json = {"area": area, "place": place, "direction": direction, "witnesses": witness, "moved_at": now()}
    body["values"] = named(value or [])
    answer(Client(person).post("ingest", path("cameras", camera_id, "move"), body), as_json)


@camera_app.command()
def inspect(
    camera_id: CameraId,
    result: Annotated[str, typer.Option()],
    person: AsPerson = "admin-root",
    as_json: AsJson = False,
) -> None:
    """Record a regular inspection."""
    answer(
        Client(person).post(
            "ingest", path("cameras", camera_id, "inspection"), {"result": result, "inspected_at": now()}
        ),
        as_json,
    )


@camera_app.command()
def retire(camera_id: CameraId, person: AsPerson = "admin-root", as_json: AsJson = False) -> None:
    """Accept nothing more from a camera; what is stored runs out by policy."""
    answer(Client(person).post("ingest", path("cameras", camera_id, "retire"), {"retired_at": now()}), as_json)


@mask_app.command()
def attest(
    camera_id: CameraId,
    version: Annotated[str, typer.Option()],
    area: Annotated[list[str], typer.Option(help="Area that the mask covers; repeatable.")],
    person: AsPerson = "admin-root",
    as_json: AsJson = False,
) -> None:
    """Attest that a mask version covers areas of the picture."""
    body = {"mask_version": version, "areas": area, "valid_from": now()}
    answer(Client(person).post("ingest", path("cameras", camera_id, "mask"), body), as_json)


@shift_app.command("file")
def file_shift(
    device_id: Annotated[str, typer.Argument(parser=name, metavar="DEVICE_ID")],
    shift: Annotated[str, typer.Option(help="Shift period, 0816 for example.")],
    officer: Annotated[str, typer.Option(help="Person id.")],
    start: Start,
    end: End,
    incident: Annotated[list[str] | None, typer.Option(help="Incident number; repeatable.")] = None,
    person: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """File who wore a device, and in which incidents."""
    body = {
        "device_id": device_id,
        "shift": shift,
        "officer": officer,
        "shift_from": start,
        "shift_to": end,
        "incidents": incident or [],
    }
    answer(Client(person).post("ingest", "/shifts", body), as_json)


@card_app.command()
def clear(
    camera_id: CameraId,
    card_id: Annotated[str, typer.Option(parser=name, metavar="CARD_ID")],
    person: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Clear a card: refused until its backup is verified in both directions (NPA-05)."""
    answer(Client(person).post("ingest", path("cards", card_id, "clear"), {"camera_id": camera_id}), as_json)


@takeover_app.command()
def admit(
    takeover_id: TakeoverId,
    camera: Camera,
    source: Annotated[str, typer.Option(help="The older recorder.")],
    start: Start,
    end: End,
    person: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Admit footage of an older recorder: whoever does so attests its time."""
    body = {
        "takeover_id": takeover_id,
        "camera_id": camera,
        "source": source,
        "footage_from": start,
        "footage_to": end,
    }
    answer(Client(person).post("ingest", "/takeovers", body), as_json)


@takeover_app.command()
def waive(takeover_id: TakeoverId, person: AsPerson = "director-tsai", as_json: AsJson = False) -> None:
    """Waive the recovery window of a takeover, as a second person."""
    answer(Client(person).post("ingest", path("takeovers", takeover_id, "waive")), as_json)


def _must_bind(client: Client, policy: str) -> None:
    # Asked before the camera is on the log: a camera that no policy binds would stay behind.
    packs: list[dict[str, Json]] = client.get("access", "/policies")["policies"]
    binding = [pack["policy_id"] for pack in packs if pack["in_force"]]
    if policy not in binding:
        fail(REFUSED, f"no policy {policy!r} is in force: use one of {', '.join(binding) or 'none'}, or adopt it first")


def named(pairs: list[str]) -> dict[str, object]:
    """Read ``name=value`` pairs; JSON values keep their type, anything else is text. Ends with code 2 on a bad pair."""
    values: dict[str, object] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            fail(WRONG_USE, f"{pair!r} is not name=value")
        values[name] = _value(text)
    return values


def now() -> str:
    """Return this instant as the API takes it."""
    return datetime.now(UTC).isoformat()


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
