"""What an answer to ``/health/live`` says, and what it doesn't."""

from __future__ import annotations

import pytest

from services.runtime.beats import NotTheService, still


def test_a_service_names_the_parts_that_stand_still() -> None:
    assert still(503, b'{"silent": ["worker", "relay"]}') == ["worker", "relay"]
    assert still(200, b"") == []
    assert still(404, b"no such page") == []


@pytest.mark.parametrize("body", [b"", b"<html>", b"null", b"[]", b"7", b'{"silent": []}', b'{"silent": "worker"}'])
def test_a_503_that_names_no_part_comes_from_something_before_the_service(body: bytes) -> None:
    with pytest.raises(NotTheService):
        still(503, body)
