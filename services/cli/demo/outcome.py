"""The final table: what became of the footage, a line per camera."""

from __future__ import annotations

from collections import Counter

from rich import box
from rich.table import Table

from services.cli.demo.check import covering, protections_of
from services.cli.demo.history import History, key_of
from services.cli.demo.phrases import Lang, phrase

COUNTS = ("recorded", "held", "destroyed", "kept", "gaps", "refused", "viewed")


def draw(log: History, lang: Lang) -> Table:
    """Return the table of the demo, a line per camera and one for all."""
    table = Table(title=phrase("table.title", lang), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(phrase("table.camera", lang), no_wrap=True)
    for name in COUNTS:
        table.add_column(phrase(f"table.{name}", lang), justify="right", no_wrap=True)
    counted = counts(log)
    for camera in sorted(counted, key=lambda camera: (not camera, camera)):
        table.add_row(camera or phrase("table.requests", lang), *(str(counted[camera][n] or "·") for n in COUNTS))
    table.add_section()
    everything = sum(counted.values(), Counter[str]())
    table.add_row(phrase("table.all", lang), *(str(everything[name] or "·") for name in COUNTS), style="bold")
    return table


def counts(log: History) -> dict[str, Counter[str]]:
    """Return camera -> what happened how often; the camera "" stands for requests."""
    counted: dict[str, Counter[str]] = {}
    gone = {key_of(e) for e in log.of("SegmentDestroyed")}
    protections = protections_of(log)
    for segment in log.of("SegmentRecorded"):
        one = counted.setdefault(segment["camera_id"], Counter())
        held = "held" if covering(protections, segment, segment) else "kept"
        one.update(("recorded", "destroyed" if key_of(segment) in gone else held))
    for name, event in (("refused", "SegmentRefused"), ("gaps", "RecordingGapFound")):
        for found in log.of(event):
            counted.setdefault(found["camera_id"], Counter())[name] += 1
    for view in log.of("FootageViewed"):
        for line in view["footage"]:
            counted.setdefault(line["camera_id"], Counter())["viewed"] += len(line["offsets_us"])
    counted.setdefault("", Counter())["refused"] += len(log.of("RequestRefused"))
    return counted
