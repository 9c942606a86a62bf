"""What is wrong with a proof, in the reader's language: the kernel says it in English, for a command line too."""

from __future__ import annotations

import re
from typing import Final

CHINESE: Final = "zh-Hant"
# As services/kernel/certificate says it, and what that is in Chinese; the holes stand in the same order.
SAID: Final[tuple[tuple[str, str], ...]] = (
    (r"its bytes aren't in canonical form: something was added or changed", "位元組非標準格式：內容曾遭增刪或變更"),
    (r"its digest doesn't fit: something in it was changed", "摘要值不符：內容曾遭變更"),
    (r"the log's root is (.*) here and (.*) where you looked", "此處之根雜湊值為 {0}，您所取得者為 {1}"),
    (r"entry (\d+) of the log doesn't lead to the root", "紀錄第 {0} 筆未通往根雜湊值"),
    (r"entry (\d+) of the log is another event than the certificate says", "紀錄第 {0} 筆與證明書所載並非同一事件"),
    (r"the certificate has no entry of the log that proves its (\w+)", "證明書缺少佐證 {0} 之紀錄"),
    (r"it certifies nothing", "未證明任何事項"),
    (r"it proves nothing: there is no entry in it", "不含任何紀錄，未證明任何事項"),
    (r"it lists another segment than it is made out for", "所列影像段與其標的不同"),
    (r"it lists a segment outside of its hour", "所列影像段不在其時段內"),
    (r"it doesn't say what it is made out for", "未載明證明標的"),
    (r"it isn't built as a (?:certificate|proof) is: (.*)", "結構不符：{0}"),
    (r"this is no (.*)", "並非 {0}"),
    (r"(?:(.+): )?(\S+) is (.+) here and (.+) in the log", "{0} {1}：此處為 {2}，紀錄為 {3}"),
    (r"(.+): (\S+) is (.+) here, and by the policy's own files (.+)", "{0} {1}：此處為 {2}，依規定檔案應為 {3}"),
    (r"the log has no entry of this destruction", "紀錄中查無此銷毀"),
    (r"the log of this installation has no event (\S+)", "本系統紀錄查無事件 {0}"),
    (r"entry (\d+) says something else in the log of this installation", "第 {0} 筆與本系統紀錄內容不同"),
    (r"the log of this installation has another root at (\d+) entries", "本系統紀錄於 {0} 筆時之根雜湊值不同"),
    (r"event (\S+): the log didn't have it yet when this was made", "事件 {0}：製作時紀錄尚無此筆"),
    (r"(.+): marked before its clearance was read", "{0}：讀取准許前即已標記"),
    (r"(.+): its clearance doesn't name it", "{0}：准許未載明此段"),
    (r"(.+): the answer doesn't call it being destroyed", "{0}：保全之回覆未載明此段銷毀中"),
    (r"(.+): no storage answered", "{0}：無儲存設備回覆"),
    (r"(.+): a storage didn't answer that the bytes are absent", "{0}：有儲存設備未回覆已無資料"),
    (r"(.+): the policy that marked it is another than the one in force", "{0}：標記所依規定非當時有效者"),
    (r"(.+): its policy came after the mark", "{0}：規定晚於標記"),
    (r"(.+): its policy bound after the mark", "{0}：規定於標記後始適用"),
    (r"(.+): a protection begins with its release", "{0}：保護自解除開始"),
    (r"(.+): a protection's record came after the mark", "{0}：保護紀錄晚於標記"),
    (r"(.+): protection (\S+) doesn't cover it", "{0}：保護 {1} 未涵蓋此段"),
    (r"(.+): a protection covers it for certain", "{0}：確有保護涵蓋此段"),
    (r"(.+): protection (\S+) had not ended when it was marked", "{0}：標記時保護 {1} 尚未結束"),
    (r"(.+): it ended before it began", "{0}：結束早於開始"),
    (r"(.+): recorded, marked and destroyed don't follow each other", "{0}：收錄、標記、銷毀時序不符"),
    (r"(.+): it was marked before the policy let it go", "{0}：標記早於規定允許之時點"),
    (r"(.+): it was marked before its minimum", "{0}：標記早於最短保存期限"),
    (r"(.+): a storage was asked outside of the destruction", "{0}：查詢儲存設備之時間不在銷毀期間"),
    (r"(.+): destroyed (\S+), after its maximum (\S+)", "{0}：{1} 銷毀，逾最長期限 {2}"),
    (r"(\S+): withheld from the public log", "{0}：公開紀錄未載"),
    (
        r"that protection (\S+) didn't cover it: .*",
        "保護 {0} 是否涵蓋，視地點、人員或事件而定",
    ),
    (r"that no protection other than those listed stood: .*", "除所列外別無其他保護：須查全部紀錄"),
    (r"that no earlier answer told of a mark said again: .*", "別無更早之回覆載明補記之標記：須查全部紀錄"),
    (
        r"that the log with this root and size is the one that others saw: .*",
        "此紀錄與他人所見相同：請與他處比對",
    ),
    (r"that the policy's own files give these instants: .*", "規定檔案推得相同時點：此處未存該版本"),
    (r"place, stores, agency and what is listed as kept: .*", "地點、儲存設備、機關及所列保存者：公開紀錄未載"),
)
_PATTERNS: Final = tuple((re.compile(english, re.DOTALL), chinese) for english, chinese in SAID)


def said(fault: str, language: str) -> str:
    """Return a fault in a language; in the kernel's own words where nobody has put it into another's."""
    if language != CHINESE:
        return fault
    for pattern, chinese in _PATTERNS:
        if found := pattern.fullmatch(fault):
            return chinese.format(*(each or "" for each in found.groups())).strip()
    return fault
