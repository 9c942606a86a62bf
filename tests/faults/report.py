"""The verdict as a page on the terminal: the counts that must be zero, each with its bound, and what they rest on."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.faults.check import Count
from tests.faults.evidence import Evidence

SHOWN_MAX = 5


def show(evidence: Evidence, counts: list[Count], folder: Path) -> None:
    """Print the verdict."""
    kept = f"evidence: {folder} (judge it again: python -m tests.faults --again {folder})"
    sys.stdout.write("\n".join([*lines(evidence, counts), kept, ""]))


def lines(evidence: Evidence, counts: list[Count]) -> list[str]:
    """Return the verdict line by line."""
    about = evidence.about
    told = [
        f"seed {about['seed']}, {about['seconds']} s of faults, {about['fair_s']} s of fair time, load {about['load']}",
        f"faults {sum(about['faults'].values())}: " + ", ".join(f"{n} {kind}" for kind, n in about["faults"].items()),
        f"processes started again {about['restarts']}; leaders of the protection log {about['leaders_moved']}",
    ]
    told += [f"SKIPPED: {kind}" for kind in about["skipped"]]
    told += [f"CLERK {note['clerk']} GAVE UP: {note['why']}" for note in evidence.noted("gave up")]
    told += [_load(evidence), ""]
    told += [text for count in counts for text in _count(count)]
    return told


def _load(evidence: Evidence) -> str:
    log = evidence.log
    again = len(evidence.entries) - sum(len(events) for events in log.events.values()) - len(log.doubled)
    taken, asked = evidence.noted("taken"), evidence.noted("asked")
    seconds = max(1, evidence.about["seconds"])
    effective = {note["hold"] for note in evidence.noted("told") if note["state"] == "effective"}
    released = {note["hold"] for note in evidence.noted("told") if note["released"]}
    return (
        f"segments {len(taken)} ({len(taken) / seconds:.1f}/s), destroyed {len(log.of('SegmentDestroyed'))}; "
        f"holds asked {len(asked)}, effective {len(effective)}, released {len(released)}; "
        f"records {log.records}, of which sent again by a relay and dropped by every reader {again}"
    )


def _count(count: Count) -> list[str]:
    if count.found:
        more = [f"    ... and {len(count.found) - SHOWN_MAX} more"] if len(count.found) > SHOWN_MAX else []
        return [f"{count.what:36} {len(count.found):5}  FOUND", *(f"    {t}" for t in count.found[:SHOWN_MAX]), *more]
    bound = "nothing to judge" if count.bound is None else f"0 in {count.chances}: below {count.bound:.2%} (95 %)"
    return [f"{count.what:36} {0:5}  {bound}"]
