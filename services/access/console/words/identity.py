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
}
