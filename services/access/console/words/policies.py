"""Words of the policy pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "in_force_since": ("in force since {when}", "{when} 起生效"),
    "enacted_by": ("Enacted by", "訂定依據"),
    "digest": ("Digest", "摘要值"),
    "time_zone": ("Time zone", "時區"),
    "bound_cameras": ("Cameras bound", "適用攝影機"),
    "clause_rule_scenarios": ("Each clause beside the rule that carries it out", "條文與其執行規則對照"),
    "the_law": ("The law", "條文"),
    "the_rule": ("The rule", "規則"),
    "scenarios": ("Scenarios", "情境"),
    "carried_by": ("carried out by {who}", "執行：{who}"),
    "by_data": ("policy data", "規定資料"),
    "by_deployment": ("the installation", "系統部署"),
    "by_people": ("people", "人員"),
    "tests_number": ("tests: {number}", "測試 {number} 項"),
    "scenarios_number": ("scenarios: {number}", "情境 {number} 則"),
    "official_wording": ("As the agency publishes it:", "機關公布之條文："),
    "not_all_built": ("not all of it is built", "尚未全部完成"),
    "own_rules": ("Rules without a clause", "無條文之規則"),
    "own_rules_says": (
        "Defaults of this system where the text is silent; each says what it rests on.",
        "條文未規定而由系統預設者，各載明其依據。",
    ),
    "how_long": ("How long footage is kept", "影像保存期限"),
    "rule": ("Rule", "規則"),
    "from_the_start": ("from the start of recording", "自收錄開始起算"),
    "from_the_end": ("from the end of recording", "自收錄結束起算"),
    "from_both": ("from start and end, the later counts", "自開始及結束起算，以較晚者為準"),
    "queue_days": ("In the queue, where it can be rescued: {length}", "銷毀前可恢復期間：{length}"),
    "title": ("Title", "名稱"),
}
