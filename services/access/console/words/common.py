"""Words of every page: the frame, signing in, states of lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "brand": ("footage ledger", "影像管理簿"),
    "skip": ("Skip to content", "跳至內容"),
    "main_menu": ("Main", "主選單"),
    "menu": ("Menu", "選單"),
    "home": ("Today", "今日"),
    "new_request": ("New request", "新申請"),
    "requests": ("Requests", "申請案"),
    "holds": ("Holds", "影像保全"),
    "cameras": ("Cameras", "攝影機"),
    "policies": ("Policy", "管理規定"),
    "language": ("Language", "語言"),
    "appearance": ("Appearance", "外觀"),
    "light": ("Light", "淺色"),
    "dark": ("Dark", "深色"),
    "system": ("Auto", "自動"),
    "sign_out": ("Sign out", "登出"),
    "sign_in": ("Sign in", "登入"),
    "signed_out": ("You are signed out.", "您已登出。"),
    "demo_people": (
        "These are demo people: names are made up, and anybody on this machine can act as any of them.",
        "本頁使用示範人員：姓名均屬虛構，本機任何人皆可以其身分操作。",
    ),
    "choose_person": ("Who are you today?", "請選擇您的身分"),
    "choose_why": (
        (
            "This installation runs on one machine and has no identity provider. What you do stands on the log under "
            "the person that you choose; four eyes are counted by person."
        ),
        "本系統在單一機器上執行，未設身分提供者。您的操作以所選人員之名記入紀錄；須二人辦理者，以人計算。",
    ),
    "act_as": ("Sign in as {name}", "以 {name} 登入"),
    "person": ("Person", "人員"),
    "roles": ("Roles", "職務"),
    "agency": ("Agency", "機關"),
    "closed_title": ("The console is closed", "管理介面未開放"),
    "closed_no_provider": (
        (
            "No identity provider is configured, so nobody can be signed in. Demo people exist only where everything "
            "runs on one machine (camledger up)."
        ),
        "未設定身分提供者，無法登入。示範人員僅限單機執行（camledger up）時使用。",
    ),
    "closed_not_embedded": (
        (
            "Demo people are set, but this installation isn't on one machine: it listens to others, or its broker or "
            "database asks for credentials. Demo people never work in production."
        ),
        "已設定示範人員，但本系統並非單機執行：其對外開放，或訊息系統、資料庫須憑證登入。正式環境不得使用示範人員。",
    ),
    "closed_foreign_host": (
        "The console was asked for under a name that isn't this machine's own. Open it by 127.0.0.1 or localhost.",
        "本頁係以非本機之名稱開啟。請改用 127.0.0.1 或 localhost。",
    ),
    "failed_title": ("This page failed", "頁面發生錯誤"),
    "failed_says": (
        (
            "It is our fault and stands in the service's log. Whatever you had confirmed before stands; "
            "what you just sent may not have been done: look before you send it again."
        ),
        "此為系統錯誤，已記入服務日誌。先前已確認之事項不受影響；剛送出者可能未完成，請先查看再重送。",
    ),
    "status_page": ("Status page", "系統狀態頁"),
    "refused_title": ("Not done", "未辦理"),
    "who_may": ("Who may: {roles}.", "得辦理之職務：{roles}。"),
    "what_refuses": ("Refused by", "依據"),
    "technical": ("In the words of the rule", "規則原文說明"),
    "none": ("none", "無"),
    "no_policy": (
        "No policy is in force yet: an administrator adopts one first.",
        "尚無生效之規定，須先由管理員採用。",
    ),
    "version": ("version {version}", "第 {version} 版"),
    "unreachable": (
        "{service} doesn't answer: what it knows is not shown here. Nothing was changed.",
        "{service}未回應，其資料未顯示於本頁；資料未有變動。",
    ),
    "shown_first": ("The first {number} are shown.", "僅顯示前 {number} 筆。"),
    "from": ("From", "起"),
    "to": ("To", "迄"),
    "when": ("Time", "時間"),
    "who": ("Who", "人員"),
    "what": ("What", "事項"),
    "state": ("State", "狀態"),
    "number": ("Number", "編號"),
    "any": ("any", "不限"),
    "open_end": ("open end", "未定"),
    "list_sep": (", ", "、"),
    "required": ("required", "必填"),
    "zone_hint": (
        "Local time of the agency ({zone}); years as in the Gregorian calendar",
        "機關當地時間（{zone}）；以西元年輸入",
    ),
    "done_submitted": ("Handed in. The request stands on the log.", "已受理並記入紀錄。"),
    "done_routed": ("Handed in and routed to the office that decides on it.", "已受理並移送權責機關。"),
    "done_received": (
        "Received. The broker hasn't acknowledged it yet: look again in a moment.",
        "已收件，訊息系統尚未確認，請稍後查看。",
    ),
    "done_signed": ("Signed. It stands on the log.", "已核章並記入紀錄。"),
    "done_returned": ("Returned for correction.", "已退回補正。"),
    "done_denied": ("Denied; the request is closed.", "已駁回，本案結案。"),
    "done_consulted": ("Your opinion is recorded.", "會辦意見已記錄。"),
    "done_withdrawn": ("The request is withdrawn.", "已撤回申請。"),
    "done_closed": ("The request is closed.", "已結案。"),
    "done_protected": ("Confirmed: the footage is protected.", "已確認，影像納入保護。"),
    "done_delegated": ("Delegated.", "已授權代理。"),
    "done_placed": ("The hold is on the log.", "保全已記入紀錄。"),
    "done_extended": ("The review date is moved.", "已展延複查日。"),
    "done_proposed": ("Release proposed. A second person decides.", "已提議解除，待第二人同意。"),
    "done_released": ("Released. Nothing goes before the date shown.", "已解除。所示日期前不銷毀。"),
    "service_access": ("Requests and holds", "調閱與保全服務"),
    "service_ingest": ("Recording and custody", "收錄與保管服務"),
    "service_retention": ("Retention", "保存期限服務"),
    "service_analytics": ("Registers and figures", "清冊與統計服務"),
    "keep_at_least": ("keep at least", "最短"),
    "gone_by": ("gone by", "最長"),
    "held": ("On hold", "保全中"),
    "destroying": ("Being destroyed", "銷毀中"),
    "gone": ("Destroyed", "已銷毀"),
}
