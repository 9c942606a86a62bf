"""The final table: what became of the footage, a line per camera."""

from __future__ import annotations

from collections import Counter

from rich import box
from rich.table import Table

from services.cli.demo.check import covering, protections_of
from services.cli.demo.history import History, key_of
from services.cli.demo.phrases import Lang, phrase

PROTECTIONS = ("hold", "request", "rescue")
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


def explained(log: History, lang: Lang) -> str:
    """Return what holds the segments that the table calls held, empty if nothing does."""
    counted = held_by(log)
    parts = [phrase(f"held.{kind}", lang, count=counted[kind]) for kind in PROTECTIONS if counted[kind]]
    return phrase("held.by", lang, parts=phrase("held.and", lang).join(parts)) if parts else ""


def held_by(log: History) -> Counter[str]:
    """Return kind of protection -> segments that are there because of it; a hold before a request, each once."""
    gone = {key_of(e) for e in log.of("SegmentDestroyed")}
    standing = protections_of(log)
    of_kind = {kind: [one for one in standing if one[0]["kind"] == kind] for kind in PROTECTIONS}
    counted = Counter[str]()
    for segment in log.of("SegmentRecorded"):
        kinds = (kind for kind in PROTECTIONS if covering(of_kind[kind], segment, segment))
        if key_of(segment) not in gone and (kind := next(kinds, "")):
            counted[kind] += 1
    return counted
