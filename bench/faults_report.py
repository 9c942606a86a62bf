"""What the fault scenario left behind, counted from the tables and the broker, and printed."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.fakes.ledger_world import World

# The longest time between two batches of one partition inside a step; a partition without input can't stand still.
GAP = """
    SELECT coalesce(max(extract(epoch FROM later - written_at)), 0) FROM (
        SELECT written_at, lead(written_at) OVER (PARTITION BY topic, partition ORDER BY id) AS later FROM ledger
    ) AS pairs WHERE written_at BETWEEN :began AND :ended"""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One fault with the load behind it."""

    name: str
    began: datetime
    ended: datetime
    exits: tuple[str, ...]
    down_s: float


def report(
    world: World, sent: Mapping[tuple[str, str], int], steps: Sequence[Step], failures: Mapping[str, int]
) -> dict[str, object]:
    """Print the figures of a run and return them."""
    rows = rows_by_stream(world)
    answers = defaultdict(list)
    for camera, version in world.answers():
        answers[camera].append(version)
    figures: dict[str, object] = {
        "inputs": sum(sent.values()),
        "lost": sum(len(set(range(1, last + 1)) - set(rows[stream])) for stream, last in sent.items()),
        "doubled": sum(len(found) - len(set(found)) for found in rows.values()),
        "order_violations": sum(disorder(found) for found in rows.values()),
        "answers_lost": sum(answers_missing(rows, answers, camera) for _, camera in sent) // 2,
        "answer_repeats": sum(len(found) - len(set(found)) for found in answers.values()),
        "answer_order_violations": sum(disorder(dict.fromkeys(found)) for found in answers.values()),
        "dead_letters": world.rows("SELECT count(*) FROM dead_letter")[0][0],
    } | dict(failures)
    harmless = {"inputs", "answer_repeats"}
    figures["clean"] = not any(value for name, value in figures.items() if name not in harmless)
    figures["steps"] = [step_figures(world, step) for step in steps]
    figures["load_average"] = os.getloadavg()[0]
    show(figures)
    return figures


def rows_by_stream(world: World) -> dict[tuple[str, str], list[int]]:
    """Return the versions of each stream in the order in which their rows were written."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in world.rows("SELECT topic, camera_id, version FROM ledger ORDER BY id"):
        found[row.topic, row.camera_id].append(row.version)
    return found


def disorder(versions: Iterable[int]) -> int:
    """Return how often a version does not follow the one before it."""
    before, wrong = 0, 0
    for version in versions:
        wrong += version != before + 1
        before = version
    return wrong


def answers_missing(
    rows: Mapping[tuple[str, str], Sequence[int]], answers: Mapping[str, Sequence[int]], camera: str
) -> int:
    """Return how many records of a camera have no answer on the broker."""
    records = sum(len(found) for (_, whose), found in rows.items() if whose == camera)
    return abs(records - len(set(answers[camera])))


def step_figures(world: World, step: Step) -> dict[str, object]:
    """Return the longest stand-still of a step and which processes ended in it."""
    gap = float(world.rows(GAP, began=step.began, ended=step.ended)[0][0])
    return {
        "fault": step.name,
        "gap_s": round(gap, 1),
        "down_s": round(step.down_s, 1),
        "exits": dict(Counter(step.exits)),
    }


def show(figures: Mapping[str, object]) -> None:
    """Print the figures as two tables."""
    print(f"\n{'fault':<54}{'longest gap':>12}{'server down':>13}  ended and started again (exit code)")
    steps = figures["steps"]
    assert isinstance(steps, list)
    for step in steps:
        exits = ", ".join(step["exits"]) or "-"
        print(f"{step['fault']:<54}{step['gap_s']:>10} s{step['down_s']:>11} s  {exits}")
    print()
    for name, value in figures.items():
        if name != "steps":
            print(f"{name:<26}{value}")
