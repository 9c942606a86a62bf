"""The picture of a simulation inside another page: what is named leads somewhere, and a long log stays light."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from services.access.policies.picture.page import BARS_MAX, page, sheet

AMOUNT = {"segments": 5, "hours": 2, "bytes": 12_345, "cameras": 1}
LOST = {"segments": 2, "hours": 1, "cameras": ["cam-1"], "from": "2026-05-01T00:00:00Z", "to": "2026-05-02T00:00:00Z"}
HIT = {"hold_id": "h-1", "request_id": "", "matter": "case-7", "placed_at": "2026-05-01T00:00:00Z", "lost": LOST}


def report(days: int, cameras: int = 1) -> dict[str, Any]:
    told = {"policy_id": "daan-cctv", "version": 3, "digest": "ab" * 32}
    gone = [[(date(2026, 1, 1) + timedelta(days=each)).isoformat(), 3, 4] for each in range(days)]
    rows = [
        {"camera_id": f"cam-{each}", "earlier": AMOUNT, "later": AMOUNT | {"segments": 0}, "days": gone}
        for each in range(cameras)
    ]
    return {
        "policy": told,
        "against": [told],
        "in_force": told["digest"],
        "since": "",
        "as_of": "2026-06-01T00:00:00.000000Z",
        "zone": "Asia/Taipei",
        "totals": dict.fromkeys(("considered", "earlier", "later", "unchanged", "would_go_at_once"), AMOUNT),
        "requests": [HIT | {"request_id": "r-1"}],
        "holds": [HIT],
        "reality": {"destroyed": 0, "destroyed_too_early": 0, "due_and_not_destroyed": 0},
        "cameras": rows,
    }


def shown(told: dict[str, Any], language: str = "en") -> str:
    return sheet(told, "d" * 64, language, lambda kind, identity: f"/{kind}/{identity}" if identity else "", str, str)


def test_cameras_requests_holds_and_the_report_itself_are_links_where_a_page_gives_addresses() -> None:
    text = shown(report(9))
    for place in ("/camera/cam-0", "/camera/cam-1", "/request/r-1", "/hold/h-1", f"/report/{'d' * 64}"):
        assert f'href="{place}"' in text
    assert "href=" not in page(report(9), "d" * 64, "en")


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
def test_ten_years_of_sixty_cameras_are_drawn_in_less_than_a_page_may_weigh(language: str) -> None:
    text = shown(report(3_650, cameras=60), language)
    assert text.count("<svg") == 13
    assert len(text.encode()) < 130_000


def test_days_that_share_a_bar_keep_their_sum() -> None:
    text = shown(report(3_650))
    assert "Each bar stands for 21 days." in text
    assert f'<td class="num">{21 * 3}</td>' in text
    assert text.count('<th scope="row">') == -(-3_650 // 21) <= BARS_MAX
