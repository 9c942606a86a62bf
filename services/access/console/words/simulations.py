"""Words of simulations on the policy pages, and why one isn't carried out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Told = tuple[str, str]

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "what_if": ("What if it were another version, or another date?", "如改採其他版本或其他日期，影響為何？"),
    "what_if_says": ("A simulation: nothing is changed", "僅為模擬，不變動任何資料"),
    "sim_version": ("Version", "版本"),
    "version_in_force": ("in force", "現行有效"),
    "version_on_offer": ("on offer, not adopted", "待採用"),
    "version_adopted": ("adopted earlier", "曾採用"),
    "sim_replaces": ("In the place of", "取代"),
    "sim_itself": ("this policy's own versions", "本規定之各版本"),
    "sim_as_of": ("Looked at", "觀察時點"),
    "sim_as_of_hint": ("Empty: now", "未填即為現在"),
    "sim_since": ("Binding from", "生效起算"),
    "sim_since_hint": ("Empty: from the beginning", "未填即為自始"),
    "sim_cited": (
        "An adoption can cite a report on the version on offer for 14 days, if neither instant is given.",
        "以待採用版本模擬且未填上列時點者，其報告得於 14 日內供採用時引用。",
    ),
    "simulate": ("Simulate", "開始模擬"),
    "simulation_of": ("Simulation: {title}", "模擬：{title}"),
    "sim_runs": ("Version {version} is being simulated.", "正在模擬第 {version} 版。"),
    "sim_begins": ("It is about to read the log.", "即將開始讀取紀錄。"),
    "sim_reads": (
        "It reads part {part} of {parts} of the log; {records} records read so far.",
        "讀取紀錄第 {part} 部分，共 {parts} 部分；已讀 {records} 筆。",
    ),
    "sim_progress": ("How much of the log is read", "紀錄讀取進度"),
    "sim_look": ("Look again", "重新查看"),
    "sim_again": ("Back to the question", "返回重新設定"),
    "sim_shortens": (
        "This version would let footage go that is kept now.",
        "此版本將使現有影像提前銷毀。",
    ),
    "sim_needs": (
        "To adopt it takes two persons, this report and the policy's notice; holds and open requests beat it.",
        "採用須經二人同意、引用本報告並符合預告期間；影像保全及審理中之申請優先。",
    ),
    "sim_lengthens": (
        "This version would let nothing go earlier; some footage would stay longer.",
        "此版本不使任何影像提前銷毀，部分影像保存較久。",
    ),
    "sim_same": (
        "This version lets everything go exactly when the version in force does.",
        "此版本之銷毀時點與現行版本完全相同。",
    ),
    "simulated_version": ("What version {version} would do", "第 {version} 版之影響"),
    "sim_file": ("The report itself", "報告原檔"),
    "sim_how": (
        (
            "These figures are of what didn't happen, so no event stands behind them: the report has each of them, and "
            "its sha256 is the digest below. Cameras, requests and holds lead to what stands on the log."
        ),
        "下列數字係假設結果，無對應紀錄；報告原檔載有全部數字，其 sha256 即下列雜湊值。攝影機、申請案及保全均有連結。",
    ),
}

REASONS: Final[Mapping[str, tuple[Told, Told]]] = {
    "Busy": (
        (
            "Another simulation runs. Each reads the whole log: one at a time.",
            "Wait for it, then ask again.",
        ),
        ("另一模擬正在進行；每次均須讀取全部紀錄，故一次僅能進行一項。", "請待其完成後再試。"),
    ),
    "PackMissing": (
        (
            "A version that the log names isn't kept here, so what it did can't be judged.",
            "Have its files put back into the folder of packs.",
        ),
        ("紀錄所載之某一版本未存於本系統，無從判斷。", "請將該版本檔案放回規定資料夾。"),
    ),
    "Unreadable": (
        ("A record of the log, or the version itself, can't be read as it stands.", "Tell your administrator."),
        ("紀錄中有無法讀取之內容，或該版本已變動。", "請通知系統管理員。"),
    ),
    "OutOfOrder": (
        ("The log's records don't follow each other, so nothing is computed from them.", "Tell your administrator."),
        ("紀錄次序不連續，不予計算。", "請通知系統管理員。"),
    ),
    "TopicMissing": (
        ("Part of the log isn't there.", "Tell your administrator."),
        ("部分紀錄不存在。", "請通知系統管理員。"),
    ),
    "ReadStalled": (
        ("The log could not be read to its end.", "Ask again; if it stays so, tell your administrator."),
        ("紀錄未能讀至末端。", "請重試；如仍發生，請通知系統管理員。"),
    ),
    "ReaderFailed": (
        ("The simulation broke off.", "Ask again; if it stays so, tell your administrator."),
        ("模擬中斷。", "請重試；如仍發生，請通知系統管理員。"),
    ),
}
