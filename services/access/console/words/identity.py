"""Words of coming in by an identity provider, signing in afresh, and break-glass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "provider_why": (
        "You sign in at your organisation's identity provider; no password is entered here.",
        "請以貴機關之身分提供者登入，本系統不要求輸入密碼。",
    ),
    "sign_in_provider": ("Sign in at the identity provider", "前往身分提供者登入"),
    "provider_is": ("Identity provider:", "身分提供者："),
    "leave_provider": ("Sign out at the identity provider, too", "一併登出身分提供者"),
    "signed_in": ("You are signed in", "您已登入"),
    "go_on": ("Go on", "繼續"),
    "again_title": ("Sign in once more", "請再次登入"),
    "again_what": (
        "This act wants a sign-in of the last minutes. Nothing was done yet.",
        "辦理本項須於最近數分鐘內登入。目前尚未辦理。",
    ),
    "again_kept": (
        "What you filled in is kept: after signing in you send it with one button.",
        "您填寫之內容已保留，登入後按一下即可送出。",
    ),
    "again_lost": (
        "What you filled in is too long to be kept: copy it before you go.",
        "您填寫之內容過長，無法保留，請先自行複製。",
    ),
    "again_decision": ("Decision", "決定"),
    "again_policy": ("Policy", "適用規定"),
    "again_attested": ("attested", "已具結"),
    "again_group": ("Project group set up", "專案小組成立"),
    "again_lead_decision": ("Lead agency or executive decides on live view", "主責局處或府級長官決議"),
    "again_police_consent": ("Police consent", "警察局授權同意"),
    "again_members": ("The group names its members", "決議具閱覽權限成員"),
    "again_set_permissions": ("Administrator sets permissions and period", "設定權限及專案期間"),
    "again_do": ("Sign in again", "再次登入"),
    "unfinished_title": ("Carry it out now", "現在辦理"),
    "unfinished_what": (
        "You have signed in. This is what waited for you; nothing is done until you send it.",
        "您已完成登入。以下為先前待辦內容，送出後始生效。",
    ),
    "unfinished_do": ("Send it now", "立即送出"),
    "unfinished_leave": ("Leave it", "不送出"),
    "closed_provider_unset": (
        "The identity provider is not configured: its issuer or our public address is missing.",
        "身分提供者設定不完整：缺少發行者或本系統之公開網址。",
    ),
    "closed_not_https": (
        "The public address isn't https, so nobody can be signed in safely.",
        "公開網址未使用 https，無法安全登入。",
    ),
    "closed_other_host": (
        "The console was asked for under another name than its public address. Open it there.",
        "本頁並非以公開網址開啟，請改用公開網址。",
    ),
    "break_glass": ("Break-glass", "緊急授權"),
    "glass_what": (
        (
            "When the person who must sign or keep footage can't be reached, you may have his role for a while. It "
            "signs and places holds; it never releases a hold, deletes anything or stands in for a rank. Every act "
            "under it is marked."
        ),
        "應簽核或保全之人員無法聯繫時，得暫時代行其職務：可簽核、設定保全，但不得解除保全、銷毀影像或代行特定職級。所為事項均加註記。",
    ),
    "glass_not_yours": ("Your role neither asks for it nor reviews it.", "您的職務無權申請或審查緊急授權。"),
    "glass_list": ("What was asked for", "申請紀錄"),
    "glass_none": ("Nobody has asked for it yet.", "目前無申請紀錄。"),
    "glass_role": ("Role", "職務"),
    "glass_why": ("Reason", "事由"),
    "glass_why_hint": (
        "It stands on the log for good: name no applicant. 10 to 500 characters.",
        "事由將永久記入紀錄，請勿載明申請人姓名。須 10 至 500 字。",
    ),
    "glass_state": ("State", "狀態"),
    "glass_seen_by": ("Second person or review", "第二人同意或審查"),
    "glass_open": ("in force until {until}", "有效至 {until}"),
    "glass_waiting": ("waits for a second person", "待第二人同意"),
    "glass_over_time_over": ("time over", "期間屆滿"),
    "glass_over_given_back": ("given back", "已歸還"),
    "glass_over_taken_back": ("taken back", "已收回"),
    "glass_over_declined": ("declined", "不同意"),
    "glass_over_not_agreed": ("nobody agreed in time", "逾時未獲同意"),
    "glass_end": ("End it", "結束"),
    "glass_agree": ("Agree: it begins now", "同意，立即開始"),
    "glass_decline": ("Decline", "不同意"),
    "glass_agreed_by": ("{who} agreed", "{who} 同意"),
    "glass_justified": ("{who}: justified", "{who}：事由正當"),
    "glass_not_justified": ("{who}: not justified", "{who}：事由不當"),
    "glass_overdue": ("review overdue since {by}", "逾期未審查（期限 {by}）"),
    "glass_review_by": ("review due by {by}", "應於 {by} 前審查"),
    "glass_note": ("What you found", "審查意見"),
    "glass_find_justified": ("Justified", "事由正當"),
    "glass_find_not_justified": ("Not justified", "事由不當"),
    "glass_ask": ("Ask for a role", "申請緊急授權"),
    "glass_finding": ("Finding", "審查結果"),
    "glass_minutes": ("Minutes", "分鐘"),
    "glass_begins": ("When does it begin?", "何時開始？"),
    "glass_begins_agreed": ("when a second person agrees", "經第二人同意後開始"),
    "glass_begins_at_once": (
        "at once; another person reviews it within 72 hours",
        "立即開始，由他人於 72 小時內審查",
    ),
    "glass_ask_do": ("Ask for it", "送出申請"),
    "glass_banner": (
        "Break-glass: you act as {role} until {until}. Every act is marked with it.",
        "緊急授權：您以{role}職務辦理至 {until}，所為事項均加註記。",
    ),
    "glass_done_asked": ("It is on the log.", "已記入紀錄。"),
    "glass_done_agreed": ("You agreed; it is in force.", "您已同意，授權生效。"),
    "glass_done_declined": ("You declined.", "您不同意。"),
    "glass_done_ended": ("It is over.", "已結束。"),
    "glass_done_reviewed": ("Your review is on the log.", "審查意見已記入紀錄。"),
    "task_glass_agree": ("Break-glass asked for by {person}", "{person} 申請緊急授權"),
    "task_glass_review": ("Review the break-glass of {person}", "審查 {person} 之緊急授權"),
}
