"""``camledger demo``: the main job on shipped footage, told as it happens, and judged from the log."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import typer
import yaml

from services.cli.client import DONE, NOT_REACHABLE, REFUSED, WRONG_USE, console, fail
from services.cli.demo.check import Case, check
from services.cli.demo.history import TOPICS, History, history
from services.cli.demo.outcome import content_hash, draw, rows_of_catalog, rows_of_log
from services.cli.demo.plan import BODY, PLAZA, Plan, load
from services.cli.demo.reading import SchemaFiles, read_all
from services.cli.demo.recorders import NAME, ZONE, LiveRecorder, finished, write_old
from services.cli.demo.story import NotInTime, Story
from services.cli.up.installation import Installation, NotReady
from services.cli.up.policies import adopt_shipped
from services.runtime.embedded import EmbeddedError
from services.runtime.settings import Settings

SETTLE_SECONDS = 2.0  # between the last act and the reading of the log: relays publish within milliseconds


def demo(
    data: Annotated[Path, typer.Option(help="Data folder; a second run on it goes on where the first ended.")] = Path(
        "var/demo"
    ),
    sabotage: Annotated[str, typer.Option(help="held, receipt, chain, early or lost: the check must fail.")] = "",
) -> None:
    """Run the main job on real footage in about a minute, print what happened, and prove it from the log."""
    from services.cli.demo.sabotage import SABOTAGE

    if sabotage and sabotage not in SABOTAGE:
        fail(WRONG_USE, f"unknown sabotage {sabotage!r}: one of {', '.join(SABOTAGE)}")
    began = time.monotonic()
    folder = data.absolute()
    # Files may come in by path from the demo's own folder alone.
    os.environ["CAMLEDGER_INGEST_ROOTS"] = f'["{folder}"]'
    os.environ["CAMLEDGER_INGEST_SOURCES"] = str(_sources(folder))
    try:
        with Installation(folder, say=_say) as installation:
            code = _run(installation, sabotage)
    except (EmbeddedError, NotReady, NotInTime) as error:
        fail(NOT_REACHABLE, str(error))
    console.print(f"[dim]{time.monotonic() - began:.0f} s; data folder {folder}[/dim]")
    raise typer.Exit(code)


def _run(installation: Installation, sabotage: str) -> int:
    home = installation.home.root
    adopt_shipped(installation.home.root)
    plan = load(home)
    story = Story(home, plan, _say)
    story.register_cameras()
    fixed = LiveRecorder(PLAZA, home / "incoming" / PLAZA, home / "lists")
    worn = LiveRecorder(BODY, home / "card" / BODY, home / "lists")
    try:
        _begin(fixed, worn)
        _tell(story, installation)
        fixed.wait()
        worn.wait()
    finally:
        fixed.stop()
        worn.stop()
    story.dock(worn.files())
    story.wait_taken_in(lambda: finished(home / "lists"))
    time.sleep(SETTLE_SECONDS)
    log = _log(installation)
    if sabotage:
        _sabotage(installation, plan, log, sabotage)
        log = _log(installation)
    return _verdict(story, log, home)


def _begin(*recorders: LiveRecorder) -> None:
    # A recorder that was killed stays so: what it never wrote is a gap, and nobody fills it in afterwards.
    if not any(recorder.list.exists() for recorder in recorders):
        _say("two recorders begin: a fixed camera and a body-worn one, in segments of five seconds")
        for recorder in recorders:
            recorder.start()


def _tell(story: Story, installation: Installation) -> None:
    plan, old = story.plan, installation.home.root / "old-recorder"
    preservation = story.ask_for_preservation()
    for footage in plan.old:
        story.take_over(footage, write_old(footage, old))
    story.sign(preservation, "agency-novak")
    story.effective_hold(preservation)
    story.take_over(plan.late, write_old(plan.late, old))
    _say("  the last one came late, inside the hold: born held")
    story.ask_what_is_forbidden()
    story.view_what_is_new()
    story.wait_destroyed([footage for footage in plan.old if footage.outcome == "destroyed"])


def _verdict(story: Story, log: History, home: Path) -> int:
    console.print(draw(log))
    by_log, by_catalog = rows_of_log(log), rows_of_catalog(story.segments())
    console.print(f"content hash by the log       {content_hash(by_log)}")
    console.print(f"content hash by the database  {content_hash(by_catalog)}")
    findings = [
        f"{one.rule}: {one.what}"
        for one in check(Case(log, home / "ingest" / "store", frozenset(finished(home / "lists"))))
    ]
    if by_log != by_catalog:
        findings.append("log and database: they tell different tables")
    console.print(f"checked {log.records} records with the published schemas alone")
    for finding in findings:
        console.print(f"[bold red]must not be[/bold red]  {finding}", highlight=False)
    if not findings:
        console.print(
            "[bold]nothing destroyed under hold, every destruction with its receipt, every view with its chain[/bold]"
        )
    return REFUSED if findings else DONE


def _log(installation: Installation) -> History:
    schemas = SchemaFiles(Settings(service="check").schemas)
    return history(read_all(installation.kafka, schemas, TOPICS))


def _sabotage(installation: Installation, plan: Plan, log: History, which: str) -> None:
    from services.cli.demo.sabotage import SABOTAGE, Crime
    from services.runtime.codec import Codec
    from services.runtime.registry import open_registry

    home = installation.home.root
    settings = Settings(service="intruder", kafka=installation.kafka)
    crime = Crime(
        bootstrap=installation.kafka,
        codec=Codec(open_registry(settings)),
        store=home / "ingest" / "store",
        plan=plan,
        log=log,
        finished_list=home / "lists" / f"{PLAZA}.finished",
    )
    _say(f"[bold]sabotage[/bold]: {SABOTAGE[which].__doc__}")
    SABOTAGE[which](crime)
    time.sleep(SETTLE_SECONDS)


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


def _say(message: str) -> None:
    console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {message}", highlight=False)
