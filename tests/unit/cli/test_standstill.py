"""A service that answers while a part of it stands still is ended, so that it starts again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli.up.children import Child
from services.cli.up.standstill import Lookout, still
from tests.fakes.liveness import Service, serving


class Ended(Child):
    """A child that only counts how often it is ended."""

    ends = 0

    def end(self) -> None:
        self.ends += 1


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as server:
        yield server


def looked_at(service: Service, answers: list[tuple[str, ...]]) -> tuple[int, list[str]]:
    child, said = Ended("ingest", "services.ingest", {}, Path("ingest.log")), list[str]()
    lookout = Lookout(said.append, every_seconds=0)
    for silent in answers:
        service.silent = silent
        lookout.look([child], {"ingest": service.url})
    return child.ends, said


def test_a_service_that_stands_still_twice_in_a_row_is_ended_and_its_part_named(service: Service) -> None:
    ends, said = looked_at(service, [("ingest.custody",)] * 2)
    assert ends == 1
    assert said == ["ingest stands still (ingest.custody): it is ended (log: ingest.log)"]


def test_one_that_was_still_once_or_was_just_ended_goes_on(service: Service) -> None:
    assert looked_at(service, [("ingest.custody",), (), ("ingest.custody",)]) == (0, [])
    assert looked_at(service, [("ingest.custody",)] * 3)[0] == 1


def test_one_that_does_not_answer_is_left_to_whoever_started_it() -> None:
    assert still("http://127.0.0.1:9") == []
