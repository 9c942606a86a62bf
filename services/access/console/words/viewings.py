"""Words of the player and of the viewings on a request's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Told = tuple[str, str]
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "viewing_title": ("Viewing {number}", "閱覽 {number}"),
    "viewings": ("Viewings", "閱覽"),
    "viewing_of": ("of request {number}", "申請案 {number}"),
    "agree_viewing": ("Agree a viewing", "約定閱覽"),
    "agreed_time": ("Agreed time", "約定時間"),
    "agreed_hint": ("Empty means now.", "未填即為現在。"),
    "company": ("Accompanied by", "會同人員"),
    "company_hint": (
        "Where the rule wants somebody to come along, that person says so on this viewing's page.",
        "規定須會同閱覽者，由會同人員於本閱覽頁面自行確認在場。",
    ),
    "nobody": ("nobody", "無"),
    "company_here": ("{name} is here", "{name} 在場"),
    "company_away": ("{name} isn't here yet", "{name} 尚未到場"),
    "company_needed": (
        "The rule wants somebody to come along. Agree a viewing with that person.",
        "依規定須會同閱覽，請與會同人員約定閱覽。",
    ),
    "i_am_here": ("I am here", "確認在場"),
    "i_leave": ("I leave: the picture stops", "離場，畫面停止"),
    "start_viewing": ("Open the viewing: it is recorded", "開始閱覽（將記入紀錄）"),
    "start_says": (
        "Opening it puts your name, the footage, purpose and address on the log before the first picture.",
        "開始閱覽時，先將閱覽人、影像範圍、目的及來源位址記入紀錄，始顯示畫面。",
    ),
    "end_viewing": ("End the viewing", "結束閱覽"),
    "viewing_waits": ("agreed", "已約定"),
    "viewing_open": ("open", "閱覽中"),
    "viewing_over": ("ended", "已結束"),
    "viewing_stands": ("On the log since {when}.", "自 {when} 起記入紀錄。"),
    "viewing_counted": ("Served so far: {ranges} ranges, {bytes} bytes.", "已提供 {ranges} 段，計 {bytes} 位元組。"),
    "viewing_closed": (
        "Ended {when}: {ranges} ranges, {bytes} bytes.",
        "{when} 結束：{ranges} 段，計 {bytes} 位元組。",
    ),
    "access_until": ("The grant ends {when}.", "核准至 {when}。"),
    "player": ("Player", "播放"),
    "camera_shown": ("Camera", "攝影機"),
    "wall_clock": ("Wall clock of the picture", "畫面時間"),
    "play_pause": ("Play or pause", "播放／暫停"),
    "back_10": ("10 s back", "後退 10 秒"),
    "forward_10": ("10 s on", "前進 10 秒"),
    "clip_before": ("Clip before", "前一段"),
    "clip_after": ("Clip after", "後一段"),
    "speed": ("Speed", "速度"),
    "as_clips": ("Clip by clip", "逐段播放"),
    "as_stream": ("As one stream (HLS)", "連續串流（HLS）"),
    "how_played": ("How it is played", "播放方式"),
    "position": ("Position in the granted interval", "核准期間內之位置"),
    "only_granted": (
        "The slider is as long as what was granted; dotted parts have no footage.",
        "時間軸即核准期間；虛線框部分無影像。",
    ),
    "keys_title": ("Keys", "鍵盤操作"),
    "keys_help": (
        (
            "Space plays and pauses, ← → 5 s, with Shift 60 s, comma and full stop one picture, "
            "[ ] the clip before and after, Home and End the ends of the interval."
        ),
        "空白鍵播放或暫停；← → 5 秒，加 Shift 為 60 秒；逗號、句號逐格；[ ] 前後段；Home、End 至期間兩端。",
    ),
    "without_script": (
        "Without scripts each clip plays by itself for a minute; open the page again for another.",
        "未啟用指令碼時，各段可單獨播放一分鐘；重新開啟本頁即可續播。",
    ),
    "clip_span": ("Clip {number}: {span}", "第 {number} 段：{span}"),
    "player_cut": ("The picture has stopped.", "畫面已停止。"),
    "player_waiting": (
        "A copy that this browser can play waits to be made, place {place}.",
        "可播放之檢視檔等候製作中，序位 {place}。",
    ),
    "player_making": ("A copy that this browser can play is being made.", "正在製作可播放之檢視檔。"),
    "player_gap": ("No footage until {when}.", "至 {when} 前無影像。"),
    "player_offline": ("The connection is lost; it is tried again.", "連線中斷，重新嘗試中。"),
    "player_renewed": ("Access renewed {when}.", "{when} 已更新存取。"),
    "done_agreed": ("The viewing is agreed.", "已約定閱覽。"),
    "done_here": ("You are noted as being here.", "已記錄您在場。"),
    "done_left": ("You are noted as having left.", "已記錄您離場。"),
    "done_viewing_ended": ("The viewing is over and counted on the log.", "閱覽已結束並記入紀錄。"),
    "alarm_bulk": (
        "{name} opened {hours} camera hours in a day ({clips} clips): look at it",
        "{name} 一日內開啟 {hours} 小時影像（{clips} 段），請查核",
    ),
    "bulk_viewings": ("Much viewing", "大量閱覽"),
    "bulk_what": (
        (
            "Whoever opens more than is usual is told of here. The viewing went on, since a grant may be right: "
            "look at whether it was called for, and write what you found. Nobody looks into an alarm about himself."
        ),
        "單人開啟影像逾通常數量者列於此。閱覽並未中斷，核准亦可能正當；請查核其必要性並記載查核意見。涉及本人者由他人查核。",
    ),
    "bulk_not_yours": ("Your role doesn't look into this.", "您的職務不辦理此項查核。"),
    "bulk_list": ("Who opened more than is usual", "逾通常數量之閱覽"),
    "bulk_none": ("Nobody opened more than is usual.", "目前無逾通常數量之閱覽。"),
    "bulk_opened_head": ("Opened", "開啟影像"),
    "bulk_when": ("Period", "期間"),
    "bulk_looked": ("Looked into", "查核"),
    "bulk_opened": ("{hours} camera hours, {clips} clips", "影像 {hours} 小時、{clips} 段"),
    "bulk_limits": ("told above {hours} hours or {clips} clips", "逾 {hours} 小時或 {clips} 段即通知"),
    "bulk_open": ("open: look at it by {by}", "待查核，期限 {by}"),
    "bulk_overdue": ("open, nobody looked by {by}", "逾期未查核（期限 {by}）"),
    "bulk_note": ("What you found", "查核意見"),
    "bulk_send_hint": ("10 to 500 characters; it stays on the log.", "10 至 500 字，記入紀錄後不得更改。"),
    "bulk_done": ("What you found is on the log.", "查核意見已記入紀錄。"),
    "bulk_more": ("The first {number} of each are shown.", "各顯示前 {number} 筆。"),
}

# Why a viewing isn't opened or its picture stops: what happened and what to do, in both languages.
REASONS: Final[Mapping[str, tuple[Told, Told]]] = {
    "OwnViewing": (
        ("This is about what you opened yourself.", "Another person looks into it: persons count, not accounts."),
        ("此案涉及您本人之閱覽。", "由他人查核；以人計算，不以帳號計算。"),
    ),
    "ReviewedAlready": (
        ("Somebody has looked into this already.", "Read below what was found."),
        ("此案已完成查核。", "請見下方查核意見。"),
    ),
    "NoteMissing": (
        ("It isn't said what was found.", "Write it in 10 to 500 characters."),
        ("未記載查核意見。", "請以 10 至 500 字記載。"),
    ),
    "ViewingEnded": (
        ("This viewing is over.", "Agree another one under the same grant."),
        ("本次閱覽已結束。", "可於核准期間內另行約定閱覽。"),
    ),
    "GrantOver": (("The grant has ended.", "Hand in a new request."), ("核准期間已屆滿。", "請重新提出申請。")),
    "NotGranted": (
        ("This was not granted, or is no longer.", "See the request."),
        ("此影像未經核准，或核准已失效。", "請查看申請案。"),
    ),
    "SomeoneElsesGrant": (
        ("The grant is somebody else's.", "Hand in a request of your own."),
        ("此為他人之核准。", "請自行提出申請。"),
    ),
    "CompanyMissing": (
        ("Who comes along isn't here.", "Go on when that person has said so."),
        ("會同人員不在場。", "會同人員確認在場後始得繼續。"),
    ),
    "MaskMissing": (
        ("The mask that the rule wants isn't attested.", "Have it attested, then come back."),
        ("尚無規定之遮罩證明。", "完成遮罩證明後再行閱覽。"),
    ),
    "ProgrammeOver": (("The programme has ended.", "Nothing more is shown."), ("本計畫已終止。", "不再提供閱覽。")),
    "FootageNotKept": (
        ("The footage is being destroyed or is gone.", "Its receipt tells when and why."),
        ("影像銷毀中或已銷毀。", "詳見銷毀收據。"),
    ),
    "FootageGone": (
        ("The footage is no longer there.", "Its receipt tells when and why."),
        ("影像已不存在。", "詳見銷毀收據。"),
    ),
    "AnotherPurpose": (
        ("The purpose isn't the one that was recorded.", "Agree another viewing."),
        ("目的與紀錄不符。", "請另行約定閱覽。"),
    ),
    "NotOnTheLog": (
        ("The viewing isn't on the log yet.", "Try again in a moment."),
        ("閱覽尚未記入紀錄。", "請稍後再試。"),
    ),
    "OutsideViewing": (
        ("This footage is no part of the viewing.", "Stay inside it, or agree another."),
        ("此影像不在本次閱覽範圍。", "請於範圍內閱覽，或另行約定。"),
    ),
    "QueueFull": (
        ("No further copy for viewing can be made now.", "Try again in a few minutes."),
        ("目前無法再製作檢視檔。", "請數分鐘後再試。"),
    ),
    "NotPlayable": (
        ("No copy that a browser plays can be made of it.", "Ask for a copy of the original."),
        ("無法製作可播放之檢視檔。", "請申請複製原檔。"),
    ),
} | dict.fromkeys(
    (
        "TokenExpired",
        "TokenMissing",
        "TokenNotOurs",
        "TokenOfSomeoneElse",
        "TokenFromAnotherAddress",
        "TokenOfAnotherViewing",
        "TokenOfAnotherGrant",
        "TokenForAnotherInterval",
        "Unevaluated",
    ),
    (
        ("This page's access to the footage isn't valid.", "Open the viewing's page again, from one address."),
        ("本頁之影像存取已失效。", "請於同一位址重新開啟閱覽頁面。"),
    ),
)
