"""``hold list`` and ``hold show`` say of a released hold what the status page says, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from services.access.protections.wording import body
from services.access.status import words
from services.cli.hold_words import row, state, whole
from services.cli.terminal import Lang
from services.kernel.ids import EPOCH
from services.kernel.protection import Protection
from services.kernel.scope import Scope
from tests.fakes.answering import Answering
from tests.unit.cli.conftest import Run

GLOSSARY = Path(__file__).parents[3] / "docs" / "glossary.md"
UNTIL = "2026-11-29T05:04:22Z"
HOLD = {
    "hold_id": "1a9ba5a1-d56f-4e07-be84-6b0cd021f7a5",
    "kind": "hold",
    "matter": "115-0042",
    "state": "effective",
    "released": False,
    "review_by": "2027-06-30T00:00:00Z",
    "review_due": False,
    "protects_until": None,
}
RELEASED = HOLD | {"released": True, "protects_until": UNTIL}


def glossary() -> dict[str, tuple[str, str]]:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", GLOSSARY.read_text("utf-8"), re.MULTILINE)
    return {name: (english, chinese) for name, english, chinese in rows}


def test_a_released_hold_is_released_and_says_before_when_nothing_goes() -> None:
    assert whole(RELEASED, Lang.EN)["state"] == "released: nothing goes before 2026-11-29 05:04 UTC"
    assert whole(RELEASED, Lang.ZH_HANT)["狀態"] == "已解除保全：115年11月29日 05:04 UTC 前不得銷毀"
    assert whole(HOLD, Lang.EN)["state"] == "effective"


def protection() -> Protection:
    """A hold that is released."""
    return Protection(
        hold_id=UUID(int=1),
        seq=2,
        kind="hold",
        hold_kind="preservation",
        scopes=(Scope(cameras=("plaza-01",), starts_at=EPOCH),),
        matter="115-0042",
        authority="法院",
        review_by=EPOCH,
        protects_until=EPOCH,
    )


def told() -> dict[str, Any]:
    """A hold with every member, as the API puts it together."""
    line = {"camera_id": "plaza-01", "hour": 1, "generation": 1, "offsets_us": [5]}
    ends = {"first_started_at": UNTIL, "last_started_at": UNTIL}
    span = {"camera_id": "plaza-01", "segments": 1, "digest": "0123456789abcdef", **ends}
    row: Any = {"answer_seq": 2, "placed_by": "p-0001", "placed_at": EPOCH, "review_told": False}
    answer: Any = {"secured": [span], "destroying": [line], "gone": [line], "applied_at": EPOCH, "seq": 2}
    amended: Any = {"newly_secured": [line], "found_gone": [], "about": "ShiftFiled", "amended_at": EPOCH}
    parked: Any = {"parked_id": "hold.events/0/7", "error": "no schema"}
    flight = [{"batch_id": "b", "seq": 1, "camera_id": "plaza-01", "lines": [line]}]
    lists: Any = {"answers": [answer], "amendments": [amended], "parked": [parked], "in_flight": flight}
    return body(row, protection(), word="accepted", **lists)


def test_every_member_is_called_by_a_chinese_word_in_chinese_and_by_its_name_in_english() -> None:
    assert [name for name in names(whole(told(), Lang.ZH_HANT)) if name.isascii()] == []
    assert set(whole(told(), Lang.EN)) == set(told())


def names(value: object) -> list[str]:
    match value:
        case dict():
            return [*value, *(name for each in value.values() for name in names(each))]
        case list():
            return [name for each in value for name in names(each)]
        case _:
            return []


def test_in_chinese_a_value_is_said_as_in_english_only_in_its_words() -> None:
    said = whole(told(), Lang.ZH_HANT)
    assert (said["已解除"], said["逾期未複查"], said["生效時間"]) == ("是", "否", "59年1月1日 00:00 UTC")
    assert said["已保全"][0]["雜湊值"] == "01234567…"


def test_the_list_has_a_column_for_it() -> None:
    assert row(RELEASED, Lang.EN)["Not before"] == "2026-11-29 05:04 UTC"
    assert row(HOLD, Lang.EN)["Not before"] == "until released"
    assert row(RELEASED, Lang.ZH_HANT)["狀態"] == "已解除保全"


def test_the_words_are_those_of_the_glossary_and_of_the_status_page() -> None:
    for name in ("effective", "released"):
        assert glossary()[name] == words.STATES[name][1:]
        assert state(HOLD | {"state": name}, Lang.ZH_HANT) == glossary()[name][1]


def test_the_commands_say_so(camledger: Run, service: Answering) -> None:
    service.says({"holds": [RELEASED]})
    assert "effective" not in camledger("hold", "list").out
    service.says(RELEASED)
    assert "nothing goes before 2026-11-29 05:04 UTC" in camledger("hold", "show", RELEASED["hold_id"]).out
    printed = camledger("hold", "show", str(RELEASED["hold_id"]), "--lang", "zh-Hant").out
    assert "保全編號" in printed
    assert "已解除保全" in printed
    assert "hold id" not in printed


def test_the_list_says_which_review_is_overdue() -> None:
    late = HOLD | {"review_due": True}
    assert row(late, Lang.EN)["Review by"] == "2027-06-30 00:00 UTC, overdue"
    assert row(late, Lang.ZH_HANT)["複查日"] == "116年6月30日 00:00 UTC，逾期未複查"
    assert row(HOLD, Lang.EN)["Review by"] == "2027-06-30 00:00 UTC"


def test_a_review_that_was_told_is_due_no_more_once_the_hold_is_released() -> None:
    nothing: Any = {"answers": [], "amendments": [], "parked": [], "in_flight": []}
    row: Any = {"answer_seq": 2, "placed_by": "p-0001", "placed_at": EPOCH, "review_told": True}
    assert body(row, replace(protection(), protects_until=None), word="effective", **nothing)["review_due"] is True
    assert body(row, protection(), word="effective", **nothing)["review_due"] is False
