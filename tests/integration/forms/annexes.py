"""The two annexes as they stand on paper, field by field in their order: what the printed forms are compared with.

Written down from the texts, not from the packs: ``where`` says in which cell an entry belongs, seen from its label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A label in the annex's wording, where its entry stands, and what stands there in the filled example."""

    clause: str
    label: str
    where: Literal["right", "below", "same", "none"] = "right"
    entry: str = ""
    blank: str = ""  # what paper shows there before anybody wrote


def _fields(clause: str, *rows: tuple[str, str, str, str]) -> tuple[Field, ...]:
    return tuple(
        Field(clause=clause, label=label, where=where, entry=entry, blank=blank)  # type: ignore[arg-type]
        for label, where, entry, blank in rows
    )


ANNEX_2 = _fields(
    "NPA-21",
    ("執勤使用微型攝影機影音資料調閱或複製申請表", "none", "", ""),
    ("年月日", "same", "115年11月22日", "年月日"),
    ("申請人", "none", "", ""),
    ("單位", "right", "第二分局偵查隊", ""),
    ("職稱", "right", "偵查佐", ""),
    ("姓名", "right", "林小明", ""),
    ("申請事由及用途", "none", "", ""),
    ("一、執勤人員：", "same", "一、執勤人員：王大同", "一、執勤人員："),
    (
        "二、勤務項目及日期時段：",
        "same",
        "二、勤務項目及日期時段：巡邏115年11月20日09時00分至115年11月20日10時30分",
        "二、勤務項目及日期時段：",
    ),
    ("三、□調閱□複製事由：", "same", "三、□調閱■複製事由：偵辦竊盜案", "三、□調閱□複製事由："),
    ("四、□調閱□複製用途：", "same", "四、□調閱■複製用途：指認犯罪嫌疑人", "四、□調閱□複製用途："),
    ("調閱時間", "right", "115年11月23日10時00分", "年月日時分"),
    ("申請人簽名", "right", "簽名申請人p-0001115年11月22日10時02分", ""),
    ("單位主管", "right", "核章單位主管p-0002115年11月22日11時02分", ""),
    ("批示", "right", "核准主任p-0006115年11月22日14時02分", ""),
    ("公關業務單位(會辦)", "right", "會辦公共關係室p-0008115年11月22日12時02分無意見", ""),
    ("承辦單位(審查)", "right", "審查承辦單位p-0009115年11月22日13時02分", ""),
    (
        "備註：使用影音資料提供新聞媒體輿情說明或對外揭露時，應會請公關業務單位表示意見；調閱或複製之資料內容不得外洩或為其他不正當之用途。",
        "none",
        "",
        "",
    ),
)

BASIS = (
    "依本所錄影監視系統管理作業規定：",
    "第六點第1項：內部調閱□第六點第2項：民眾及第三人調閱□第六點第3項：機關調閱□第七點第2項：影像保全□其他：",
)
ANNEX_3 = _fields(
    "DAAN-11",
    ("臺北市大安區戶政事務所監視器影像調閱及複製申請單", "none", "", ""),
    ("申請日期", "right", "115年11月22日", "年月日"),
    ("姓名", "right", "林小明", ""),
    ("申請機關/單位", "right", "行政庶務課", ""),
    ("電話", "right", "02-2358-0000", ""),
    (
        "法令依據",
        "right",
        f"{BASIS[0]}■{BASIS[1]}",
        f"{BASIS[0]}□{BASIS[1]}",
    ),
    ("第六點第1項：內部調閱", "same", "■第六點第1項：內部調閱", "□第六點第1項：內部調閱"),
    ("第六點第2項：民眾及第三人調閱", "same", "□第六點第2項：民眾及第三人調閱", "□第六點第2項：民眾及第三人調閱"),
    ("第六點第3項：機關調閱", "same", "□第六點第3項：機關調閱", "□第六點第3項：機關調閱"),
    ("第七點第2項：影像保全", "same", "□第七點第2項：影像保全", "□第七點第2項：影像保全"),
    ("其他：", "same", "□其他：", "□其他："),
    ("申請事由", "none", "", ""),
    ("項目", "right", "■調閱□複製□利用", "□調閱□複製□利用"),
    ("用途目的", "right", "釐清櫃檯遺失物", ""),
    ("調閱日期及時間", "right", "115年11月20日09時00分至115年11月20日10時30分", "年月日時分至年月日時分"),
    ("調閱地點及範圍", "right", "daan-01、daan-02", ""),
    ("申請人", "right", "簽名申請人p-0001115年11月22日10時02分", ""),
    ("申請人主管", "right", "核章申請人主管p-0002115年11月22日11時02分", ""),
    ("系統管理人", "below", "審查系統管理人p-0003115年11月22日12時02分", ""),
    ("系統管理人主管", "below", "核章系統管理人主管p-0004115年11月22日13時02分", ""),
    ("秘書", "below", "核章秘書p-0005115年11月22日14時02分", ""),
    ("主任", "below", "核准主任p-0006115年11月22日15時02分", ""),
    ("調閱結果(由系統管理人填寫)", "none", "", ""),
    (
        "閱覽攝影機編號：",
        "same",
        "■閱覽攝影機編號：daan-01、daan-02115年11月20日09時00分07秒起至115年11月20日10時29分58秒止之檔案",
        "□閱覽攝影機編號：年月日時分秒起至年月日時分秒止之檔案",
    ),
    ("系統管理人", "below", "簽名系統管理人p-0003115年11月22日16時02分", ""),
    (
        "複製攝影機編號：",
        "same",
        "□複製攝影機編號：年月日時分秒起至年月日時分秒止之檔案",
        "□複製攝影機編號：年月日時分秒起至年月日時分秒止之檔案",
    ),
    ("政風", "below", "簽名政風單位p-0007115年11月22日17時02分", ""),
    ("其他：", "same", "□其他：", "□其他："),
)
