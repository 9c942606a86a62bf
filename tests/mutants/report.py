"""What a run found, as lines on the terminal; and what all runs saw together, as ``docs/mutants.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants import seen
from tests.mutants.faults import REPOSITORY, Planted, listed_pairs, singles
from tests.mutants.seen import Sighting
from tests.mutants.trial import Ended, Verdict

PAGE = REPOSITORY / "docs" / "mutants.md"
HEAD = """\
# Faults that the tests must notice

Written by `make mutants REPORT=1` from everything that runs have seen (`tests/mutants/seen.jsonl`): {figures}

Each line is a fault planted in a copy of the shipped source (`tests/mutants/faults/*.yaml` has the exact text), and the
test that noticed it. A fault counts as noticed only if a test ran and failed; the same tests pass on the honest copy.
A sighting counts only while the fault, the file it stands in and its tests are what they were: `make mutants STALE=1`
runs what has changed since. Seconds are those of one core; behind the commit, + says that a file differed from it.
"""
COLUMNS = "| fault | what breaks | invariant | noticed by | s | seen at |\n|---|---|---|---|---|---|"

SINCE = ", before its source or its tests changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One fault, or two together, and how its trial ended. ``digest`` names the text that was run."""

    planted: Planted
    ended: Ended
    digest: str = ""

    @property
    def word(self) -> str:
        """How it is told: what a second layer masks is no hole as long as the two together are noticed."""
        return word(self.planted, self.ended.verdict)

    @property
    def is_fine(self) -> bool:
        return is_fine(self.planted, self.ended.verdict)

    def sighting(self) -> Sighting:
        """Return what is kept of it."""
        return Sighting(
            name=self.planted.name,
            digest=self.digest,
            verdict=self.ended.verdict.value,
            by=self.ended.by,
            cpu_s=round(self.ended.cpu_s, 1),
            commit=seen.commit_of(self.planted),
            on=seen.today(),
        )


def word(planted: Planted, verdict: str) -> str:
    """Return a verdict in the words of the report."""
    if planted.may_survive and verdict == Verdict.SURVIVED:
        return f"masked by {planted.mutants[0].masked_by}"
    return "killed, though listed as masked" if planted.may_survive and verdict == Verdict.KILLED else str(verdict)


def is_fine(planted: Planted, verdict: str) -> bool:
    """Tell whether a trial ended as the list of faults says that it must."""
    return verdict == (Verdict.SURVIVED if planted.may_survive else Verdict.KILLED)


def line(result: Result) -> str:
    """Return one line for the terminal."""
    ended = result.ended
    return f"{result.word:28} {ended.seconds:6.1f} s {ended.cpu_s:5.1f} CPU s  {result.planted.name:34} {ended.by}"


def figures(results: Sequence[Result], seconds: float) -> str:
    """Return the sentence that sums a run up."""
    found = [(each.planted, each.ended.verdict.value) for each in results]
    return (
        f"{_counted(found)}; {sum(not each.is_fine for each in results)} not as expected; "
        f"{seconds:.0f} s by the clock, {sum(each.ended.cpu_s for each in results):.0f} s of one core."
    )


def write(sightings: Mapping[str, Sighting], page: Path = PAGE) -> None:
    """Write the page from what was seen and still stands; the rest is named and not counted."""
    every = [*singles(), *listed_pairs()]
    standing = [each for each in every if seen.stands(each, sightings)]
    fine = [each for each in standing if is_fine(each, sightings[each.name].verdict)]
    told = [HEAD.format(figures=_sum(every, fine, sightings))]
    told += _table("One by one", [each for each in fine if len(each.mutants) == 1], sightings)
    told += _table("Two together", [each for each in fine if len(each.mutants) > 1], sightings)
    told += _list("Not as expected", [each for each in standing if each not in fine], sightings, "")
    told += _list("Not counted", [each for each in every if each not in standing], sightings, SINCE)
    page.write_text("\n".join(told), "utf-8")


def say(text: str) -> None:
    """Print a line now."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _sum(every: Sequence[Planted], fine: Sequence[Planted], sightings: Mapping[str, Sighting]) -> str:
    counted = _counted([(each, sightings[each.name].verdict) for each in fine])
    whole = sum(len(each.mutants) == 1 for each in every)
    return f"of {whole} faults and {len(every) - whole} pairs,\n{counted}."


def _counted(found: Iterable[tuple[Planted, str]]) -> str:
    alone = [(planted, verdict) for planted, verdict in found if len(planted.mutants) == 1]
    pairs = [verdict for planted, verdict in found if len(planted.mutants) > 1]
    masked = sum(word(*each).startswith("masked by") for each in alone)
    noticed = sum(verdict == Verdict.KILLED for _, verdict in alone)
    return (
        f"{noticed} faults noticed alone and {masked} only together with the layer that masks them; "
        f"{sum(verdict == Verdict.KILLED for verdict in pairs)} pairs noticed"
    )


def _table(title: str, found: Sequence[Planted], sightings: Mapping[str, Sighting]) -> list[str]:
    rows = [f"| {_cell(each, sightings[each.name])} |" for each in sorted(found, key=lambda each: each.name)]
    return [f"## {title}\n", COLUMNS, *rows, ""] if rows else []


def _cell(planted: Planted, seen: Sighting) -> str:
    by = f"`{seen.by}`" if seen.verdict == Verdict.KILLED else f"**{word(planted, seen.verdict)}**"
    invariants = ", ".join(dict.fromkeys(each.invariant for each in planted.mutants))
    cells = (planted.name, planted.breaks, invariants, by, f"{seen.cpu_s:.1f}", f"{seen.commit}, {seen.on}")
    return " | ".join(cell.replace("|", "\\|") for cell in cells)


def _list(title: str, found: Sequence[Planted], sightings: Mapping[str, Sighting], since: str) -> list[str]:
    rows = [f"- {each.name}: {_last(each, sightings.get(each.name), since)}" for each in found]
    return [f"## {title}\n", *rows, ""] if rows else []


def _last(planted: Planted, last: Sighting | None, since: str) -> str:
    return f"{word(planted, last.verdict)} at {last.commit}, {last.on}{since}" if last else "never seen"
