"""``python -m tests.viewing [--requests 1000000] [--seed 1]``: Cedar and the plain model must agree on every one."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from multiprocessing import get_context
from random import Random
from time import process_time

from services.access.media.decision import shipped
from services.access.media.facts import Asked
from tests.viewing.model import allows
from tests.viewing.requests import some


def differences(seed: int, requests: int, found: Counter[str]) -> Iterator[Asked]:
    """Yield each request on which the two don't agree; ``found`` counts verdicts by their first reason."""
    random, policies = Random(seed), shipped()
    for _ in range(requests):
        asked = some(random)
        verdict = policies.decide(asked)
        found[verdict.reasons[0]] += 1
        if verdict.allowed != allows(asked):
            yield asked


def _share(about: tuple[int, int]) -> tuple[list[Asked], Counter[str], float]:
    found, began = Counter[str](), process_time()
    return list(differences(*about, found)), found, process_time() - began


def main(given: list[str] | None = None) -> int:
    """Return 0 when every request was decided alike, and every policy decided some."""
    parser = argparse.ArgumentParser(prog="python -m tests.viewing", description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(given)
    shares = [(asked.seed + number, asked.requests // asked.processes) for number in range(asked.processes)]
    with get_context("spawn").Pool(asked.processes) as pool:
        answers = pool.map(_share, shares)
    different = [each for answer in answers for each in answer[0]]
    found = sum((answer[1] for answer in answers), Counter[str]())
    cpu_s = sum(answer[2] for answer in answers)
    lines = [
        f"{found.total()} requests from seed {asked.seed}, {cpu_s:.0f} CPU s, {len(different)} decided differently"
    ]
    lines += [f"  {reason:<28}{number:>10}" for reason, number in found.most_common()]
    sys.stdout.write("\n".join([*lines, *map(str, different[:5]), ""]))
    return 1 if different or found.total() != sum(each for _, each in shares) else 0


if __name__ == "__main__":
    sys.exit(main())
