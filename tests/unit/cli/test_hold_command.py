"""``hold extend``: what a person didn't name isn't added to what the hold covers."""

from __future__ import annotations

import json

from tests.fakes.answering import Answering
from tests.unit.cli.conftest import Run

HOLD = "1a9ba5a1-d56f-4e07-be84-6b0cd021f7a5"
DAY = "2027-06-30T00:00:00Z"


def test_a_review_date_alone_adds_nothing_to_what_a_hold_covers(camledger: Run, service: Answering) -> None:
    camledger("hold", "extend", HOLD, "--json", "--review-by", DAY)
    (sent,) = map(json.loads, service.bodies)
    assert (sent["scope"], sent["review_by"]) == (None, DAY)


def test_a_hold_is_extended_by_every_dimension_that_it_is_placed_by(camledger: Run, service: Answering) -> None:
    camledger("hold", "extend", HOLD, "--json", "--from", DAY, "--officer", "p-0012", "--confirmed-count", "3")
    (sent,) = map(json.loads, service.bodies)
    assert (sent["scope"]["officer"], sent["scope"]["from"], sent["confirmed_count"]) == ("p-0012", DAY, 3)
