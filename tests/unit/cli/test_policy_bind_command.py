"""``policy bind``: who is bound to which pack from now on, and what the services answer to it."""

from __future__ import annotations

import json

from tests.fakes.answering import Answering
from tests.unit.cli.conftest import Run


def test_cameras_are_named_one_by_one_and_the_answer_is_shown(camledger: Run, service: Answering) -> None:
    service.says({"policy_id": "daan-cctv", "state": "bound", "cameras": ["hall-1", "hall-2"], "bound": []})
    ended = camledger("policy", "bind", "daan-cctv", "--camera", "hall-1", "--camera", "hall-2")
    assert (ended.code, service.paths) == (0, ["/api/v1/policies/daan-cctv/cameras"])
    assert json.loads(service.bodies[0])["cameras"] == ["hall-1", "hall-2"]
    assert "bound" in ended.out


def test_a_refusal_is_shown_with_its_remedy(camledger: Run, service: Answering) -> None:
    service.says({"title": "No camera", "detail": "no class is named", "remedy": "name cameras or a class"}, 422)
    ended = camledger("policy", "bind", "daan-cctv")
    assert ended.code == 1
    assert "name cameras or a class" in ended.err
