"""A refusal of a service in the command line's words: options, not fields of the API."""

from __future__ import annotations

import pytest

from services.cli.client import path
from services.cli.refusals import option
from tests.fakes.answering import Answering
from tests.unit.cli.conftest import Run


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("body.scope.from", "--from"),
        ("body.scope.starts_at", "--from"),
        ("body.scope.cameras.3", "--camera"),
        ("body.review_by", "--review-by"),
        ("body.policy_id", "--policy"),
        ("body.values.number", "--value number"),
        ("body.request.ground", "--fact request.ground"),
        ("query.from", "--from"),
        ("path.camera_id", "CAMERA_ID"),
        ("body", "body"),
    ],
)
def test_a_field_is_named_by_its_option(where: str, told: str) -> None:
    assert option(where) == told


def test_what_is_missing_is_told_with_how_to_give_it(camledger: Run, service: Answering) -> None:
    missing = ["request.ground", "document:letter", "request.interval", "requester.class=x"]
    service.says({"title": "Not complete", "missing": missing, "remedy": "answer [all]"}, 422)
    ended = camledger("hold", "list")
    assert "give: --fact request.ground=VALUE --document letter --from START --to END" in ended.err
    assert "--fact requester.class=VALUE" in ended.err
    assert "remedy: answer [all]" in ended.err


def test_faults_stand_under_their_options(camledger: Run, service: Answering) -> None:
    service.says({"title": "Not well formed", "faults": [{"where": "query.kind", "why": "too long"}]}, 422)
    ended = camledger("hold", "list")
    assert (ended.code, "--kind: too long" in ended.err) == (1, True)


def test_a_part_of_a_path_stays_one_part() -> None:
    assert path("cameras", "a/b ?#%", "move") == "/cameras/a%2Fb%20%3F%23%25/move"
