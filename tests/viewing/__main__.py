"""``python -m tests.viewing [--requests 1000000] [--seed 1]``: Cedar and the plain model must agree on every one."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from multiprocessing import get_context

from tests.viewing.differential import share


def main(given: list[str] | None = None) -> int:
    """Return 0 when every request was decided alike, and every policy decided some."""
    parser = argparse.ArgumentParser(prog="python -m tests.viewing", description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(given)
    shares = [(asked.seed + number, asked.requests // asked.processes) for number in range(asked.processes)]
    with get_context("spawn").Pool(asked.processes) as pool:
        answers = pool.map(share, shares)
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
