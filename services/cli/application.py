"""All verbs of the command line in one place; what each does stands in the module of its noun."""

from __future__ import annotations

import typer

from services.cli import request
from services.cli.camera import camera_app, card_app, mask_app, shift_app, takeover_app
from services.cli.demo.command import demo
from services.cli.hold import deletion_app, hold_app
from services.cli.policy import policy_app
from services.cli.register import register_app
from services.cli.report import report_app
from services.cli.segment import ingest_app, segment_app
from services.cli.up.command import serve, up

app = typer.Typer(
    name="camledger",
    help="Governs footage from public and body-worn cameras: retention, legal holds, access, proof.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

app.command()(up)
app.command()(demo)
app.command()(serve)
for name, group in (
    ("policy", policy_app),
    ("camera", camera_app),
    ("mask", mask_app),
    ("takeover", takeover_app),
    ("shift", shift_app),
    ("card", card_app),
    ("ingest", ingest_app),
    ("segment", segment_app),
    ("request", request.request_app),
    ("view", request.view_app),
    ("copy", request.copy_app),
    ("hold", hold_app),
    ("deletion", deletion_app),
    ("register", register_app),
    ("report", report_app),
):
    app.add_typer(group, name=name)
app.command()(request.approve)
app.command("return")(request.return_)
app.command()(request.deny)
app.command()(request.consult)
