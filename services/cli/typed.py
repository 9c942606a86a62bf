"""What a person types as an id or an instant: what can't be one is refused with value, rule and remedy, unsent."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

import typer

EXAMPLE: Final = "2026-11-22T08:00:00Z, or 2026-11-22T16:00:00+08:00"
INSTANT_HELP: Final = "Instant, such as 2026-11-22T08:00:00Z."
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NAME_RULE: Final = "letters, digits, dot, hyphen and underscore, at most 64, the first a letter or digit"


def instant(text: str) -> str:
    """Return an instant as the API takes it, in UTC; one without a zone could mean several and is refused."""
    try:
        told = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no instant that can be read; write it such as {EXAMPLE}") from None
    if told.tzinfo is None:
        raise typer.BadParameter(f"{text!r} doesn't say in which zone it is meant; write it such as {EXAMPLE}")
    try:
        return told.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:
        raise typer.BadParameter(f"{text!r} lies outside the years 1 to 9999; write it such as {EXAMPLE}") from None


def name(text: str) -> str:
    """Return the id of a camera, device, source, takeover, card, policy or step; raises BadParameter."""
    if not NAME.fullmatch(text):
        raise typer.BadParameter(f"{text!r} can't be an id: {NAME_RULE}; copy it from the list of its kind")
    return text


def number(text: str) -> str:
    """Return the id of a hold, request, viewing or copy, which the system gave; raises BadParameter."""
    try:
        return str(UUID(text))
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} can't be an id: 32 hexadecimal digits in groups, as the answer or the list shows it"
        ) from None


CameraId = Annotated[str, typer.Argument(parser=name, metavar="CAMERA_ID")]
HoldId = Annotated[str, typer.Argument(parser=number, metavar="HOLD_ID")]
RequestId = Annotated[str, typer.Argument(parser=number, metavar="REQUEST_ID")]
ViewingId = Annotated[str, typer.Argument(parser=number, metavar="VIEWING_ID")]
CopyId = Annotated[str, typer.Argument(parser=number, metavar="COPY_ID")]
TakeoverId = Annotated[str, typer.Argument(parser=name, metavar="TAKEOVER_ID")]
StartedAt = Annotated[str, typer.Argument(parser=instant, metavar="START", help="Start as `segment list` shows it.")]
Camera = Annotated[str, typer.Option(parser=name, metavar="CAMERA_ID")]
OnlyCamera = Annotated[str | None, typer.Option("--camera", parser=name, metavar="CAMERA_ID", help="Only this camera.")]
Cameras = Annotated[
    list[str] | None,
    typer.Option("--camera", parser=name, metavar="CAMERA_ID", help="Camera id; repeatable; none means any."),
]
Start = Annotated[str, typer.Option("--from", parser=instant, help=INSTANT_HELP)]
End = Annotated[str, typer.Option("--to", parser=instant, help=INSTANT_HELP)]
From = Annotated[str | None, typer.Option("--from", parser=instant, help="Only from this instant on.")]
To = Annotated[str | None, typer.Option("--to", parser=instant, help="Only before this instant.")]
InstantIfAny = Annotated[str | None, typer.Option(parser=instant, help=INSTANT_HELP)]
