"""What covered a segment when it was marked, from the lines of the protection log: as the kernel folds them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from services.analytics.certificates.protected import Shield, shields
from services.kernel.scope import FootageFacts

T0 = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SHOT = FootageFacts(camera_id="c1", started_at=T0, ended_at=T0 + DAY / 24)
PLACED, EXTENDED, RELEASED = "placed", "extended", "released"


def line(seq: int, kind: str, until: datetime | None = None) -> SimpleNamespace:
    """One row of ``protection_line`` about the same hold."""
    scope: dict[str, Any] = {"cameras": None} if kind == RELEASED else {"cameras": ["c1"], "starts_at": T0 - DAY}
    rest = {"ends_at": None, "area": "", "officer": "", "incident": "", "protects_until": until, "at": T0 + seq * DAY}
    named = {"kind": "request", "hold_kind": "", "request_id": "r"} if kind == PLACED else {}
    empty = {"kind": None, "hold_kind": None, "request_id": None}
    return SimpleNamespace(hold_id=UUID(int=1), seq=seq, line=kind, **scope, **rest, **empty | named)


def found(*lines: SimpleNamespace) -> list[Shield]:
    return list(shields(cast("Sequence[Any]", lines), SHOT, None))


def test_the_newest_placing_says_until_when_a_hold_protects() -> None:
    (shield,) = found(line(1, PLACED), line(2, RELEASED, T0), line(3, PLACED, T0 + 7 * DAY))
    assert (shield.protects_until, len(shield.lines)) == (T0 + 7 * DAY, 3)
    assert shield.to_json()["placed_at"] == "2026-01-02T00:00:00.000000Z"


def test_an_extension_whose_placing_is_not_here_is_a_hold_by_itself() -> None:
    (shield,) = found(line(2, EXTENDED))
    assert (shield.to_json()["kind"], shield.stands(T0 + 400 * DAY)) == ("hold", True)


def test_the_release_of_a_hold_that_is_not_here_shortens_nothing() -> None:
    assert found(line(1, RELEASED, T0)) == []
    (shield,) = found(line(1, RELEASED, T0), line(2, PLACED))
    assert (shield.protects_until, [each.seq for each in shield.lines]) == (None, [2])
