"""Decides random requests twice, by the policies and by the plain model, and tells where the two differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
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


def share(about: tuple[int, int]) -> tuple[list[Asked], Counter[str], float]:
    """Return the differences of one process, its verdicts and its CPU seconds; ``about`` is (seed, requests)."""
    found, began = Counter[str](), process_time()
    return list(differences(*about, found)), found, process_time() - began
