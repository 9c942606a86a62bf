"""``camledger demo``: the main job on shipped footage, told as it happens, and judged from the log."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Annotated

import typer
import yaml

from services.cli.client import NOT_REACHABLE, WRONG_USE, fail
from services.cli.demo.broker_alone import broker_of
from services.cli.demo.patience import NotInTime
from services.cli.demo.phrases import LANGS, Lang, phrase
from services.cli.demo.plan import PLAZA, is_planned, load
from services.cli.demo.recorders import NAME, ZONE
from services.cli.demo.running import Run
from services.cli.demo.telling import Teller
from services.cli.demo.verdict import Verdict, judge, show
from services.cli.up.installation import Installation, NotReady
from services.runtime.embedded import EmbeddedError

INTERRUPTED = 130
SETTLE_SECONDS = 2.0  # between a crime and the reading of the log: services may still answer to it


def demo(
    data: Annotated[Path, typer.Option(help="Data folder; a second run on it goes on where the first ended.")] = Path(
        "var/demo"
    ),
    sabotage: Annotated[str, typer.Option(help="held, receipt, chain, early or lost: the check must fail.")] = "",
    check: Annotated[bool, typer.Option("--check", help="Only judge what an earlier run left in the folder.")] = False,
    lang: Annotated[str, typer.Option(help="Language of what it says: en or zh-Hant.")] = "en",
) -> None:
    """Run the main job on real footage in about a minute, print what happened, and prove it from the log."""
    began, folder = time.monotonic(), data.absolute()
    teller = Teller(_lang(lang))
    _refuse_wrong_use(folder, sabotage, check=check)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        verdict = _check_only(folder, sabotage, teller) if check else _run(folder, sabotage, teller)
        code = show(verdict, teller)
    except (EmbeddedError, NotReady, NotInTime) as error:
        fail(NOT_REACHABLE, str(error))
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    teller.plain("end", style="dim", seconds=time.monotonic() - began, folder=folder)
    raise typer.Exit(code)


def _run(folder: Path, sabotage: str, teller: Teller) -> Verdict:
    # Files may come in by path from the demo's own folder alone.
    os.environ["CAMLEDGER_INGEST_ROOTS"] = f'["{folder}"]'
    os.environ["CAMLEDGER_INGEST_SOURCES"] = str(_sources(folder))
    with Installation(folder, say=teller.heard) as installation:
        run = Run(installation, teller)
        verdict = run.tell()
        if sabotage:
            _sabotage(folder, installation.kafka, verdict, sabotage, teller)
            verdict = run.judged_once()
        teller.say("stopping")
    return verdict


def _check_only(folder: Path, sabotage: str, teller: Teller) -> Verdict:
    with broker_of(folder) as kafka:
        verdict = judge(folder, load(folder), kafka, None)
        if sabotage:
            _sabotage(folder, kafka, verdict, sabotage, teller)
            verdict = judge(folder, load(folder), kafka, None)
    return verdict


def _sabotage(folder: Path, kafka: str, verdict: Verdict, which: str, teller: Teller) -> None:
    from services.cli.demo.sabotage import SABOTAGE, Crime
    from services.runtime.codec import Codec
    from services.runtime.registry import open_registry
    from services.runtime.settings import Settings

    crime = Crime(
        bootstrap=kafka,
        codec=Codec(open_registry(Settings(service="intruder", kafka=kafka))),
        store=folder / "ingest" / "store",
        plan=load(folder),
        log=verdict.log,
        finished_list=folder / "lists" / f"{PLAZA}.finished",
    )
    teller.say("sabotage", what=phrase(f"sabotage.{which}", teller.lang))
    _mark(folder).write_text(which)
    SABOTAGE[which](crime)
    time.sleep(SETTLE_SECONDS)


def _refuse_wrong_use(folder: Path, sabotage: str, *, check: bool) -> None:
    from services.cli.demo.sabotage import SABOTAGE

    if sabotage and sabotage not in SABOTAGE:
        fail(WRONG_USE, f"unknown sabotage {sabotage!r}: one of {', '.join(SABOTAGE)}")
    if check and not is_planned(folder):
        fail(WRONG_USE, f"{folder} holds no demo: run it first, without --check")
    if not check and _mark(folder).exists():
        done = _mark(folder).read_text()
        fail(WRONG_USE, f"{folder} was sabotaged ({done}) and stays so: remove it, or choose another folder")


def _mark(folder: Path) -> Path:
    return folder / "sabotaged"


def _lang(wanted: str) -> Lang:
    known = next((lang for lang in LANGS if lang == wanted), None)
    if known is None:
        fail(WRONG_USE, f"unknown language {wanted!r}: one of {', '.join(LANGS)}")
    return known


def _sources(folder: Path) -> Path:
    """Write which folders ingest watches: the fixed camera's. The body-worn one is docked after its shift."""
    path = folder / "sources.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    source = {
        "source_id": f"recorder-{PLAZA}",
        "camera_id": PLAZA,
        "folder": str(folder / "incoming" / PLAZA),
        "zone": ZONE.key,
        "name_pattern": NAME,
        "afterwards": "leave",
    }
    path.write_text(yaml.safe_dump({"sources": [source]}))
    return path
