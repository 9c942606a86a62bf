"""Everything that the demo says, in English and Traditional Chinese: a line each, at most 80 columns with its time."""

from __future__ import annotations

import re
from typing import Literal, get_args

Lang = Literal["en", "zh-Hant"]
LANGS: tuple[Lang, ...] = get_args(Lang)

PHRASES: dict[str, tuple[str, str]] = {
    # What `up` says while it starts; recognised by its English template.
    "stack.starting": ("starting Kafka and Postgres", "啟動 Kafka 與 Postgres"),
    "services.starting": ("starting {names}", "啟動服務：{names}"),
    "service.ready": ("{name} is ready", "{name} 已就緒"),
    "policy.in_force": ("policy {policy} is in force", "政策 {policy} 已生效"),
    "process.ended": (
        "{name} ended with {how}; it starts again (its log: {log})",
        "{name} 已中斷（{how}），自動重新啟動（記錄：{log}）",
    ),
    "server.ended": (
        "{name} ended by itself; it starts again on the same data",
        "{name} 已中斷，以原有資料重新啟動",
    ),
    # The story.
    "camera.registered": ("camera {camera} is registered under {policy}", "攝影機 {camera} 已依 {policy} 登記"),
    "recorders.begin": (
        "two recorders begin: one fixed, one body-worn, segments of {seconds} s",
        "兩台錄影設備開始：固定式與隨身式，每段 {seconds} 秒",
    ),
    "recorder.ended": (
        "recorder {camera} ended early; it records again in {seconds} s: a gap",
        "錄影設備 {camera} 中斷，{seconds} 秒後重新錄影：留下缺口",
    ),
    "preservation.asked": (
        "{who} asks to preserve what is about to run out ({request})",
        "{who} 申請保全即將到期的影像（{request}）",
    ),
    "taken.over": (
        "taken over: {count} old segments of {camera}, {day}",
        "接收舊設備影像：{camera} 共 {count} 段，{day}",
    ),
    "signed.sign": ("  applicant: signed by {who}", "  申請人：{who} 已簽核"),
    "signed.applicant_supervisor": ("  applicant's supervisor: signed by {who}", "  申請人主管：{who} 已簽核"),
    "signed.system_manager": ("  system manager: signed by {who}", "  系統管理人：{who} 已簽核"),
    "signed.manager_supervisor": ("  system manager's supervisor: signed by {who}", "  系統管理人主管：{who} 已簽核"),
    "signed.secretary": ("  secretary: signed by {who}", "  秘書：{who} 已簽核"),
    "signed.director": ("  director: signed by {who}", "  主任：{who} 已簽核"),
    "hold.effective": (
        "hold {hold} is effective: custody has secured {count} segments",
        "保全 {hold} 已生效：保管服務已保全 {count} 段",
    ),
    "born.held": (
        "  the last one came late, inside the hold: born held",
        "  最後一段遲到，落在保全範圍內：一入庫即受保全",
    ),
    "routed": ("immigration enforcement asks: routed to {to} ({clauses})", "移民執法機關申請：轉送 {to}（{clauses}）"),
    "refused": (
        "the own detectives ask for face recognition: refused ({clauses})",
        "本機關刑警申請人臉辨識：不予受理（{clauses}）",
    ),
    "view.asked": (
        "{who} asks to view what was recorded just now ({request})",
        "{who} 申請調閱剛錄下的影像（{request}）",
    ),
    "viewed": (
        "viewed {count} segments, {size:,} bytes; the log knew before the first",
        "已調閱 {count} 段，{size:,} 位元組；第一個位元組送出前已有紀錄",
    ),
    "destroyed": (
        "{count} segments, due and unheld, are destroyed, each with a receipt",
        "{count} 段已到期且未受保全的影像已銷毀，每段均有收據",
    ),
    "docked": (
        "the body-worn camera is docked: shift filed, {count} segments taken in",
        "隨身攝影機已歸還：值勤已登錄，存入 {count} 段",
    ),
    "recorders.wait": (
        "the recorders finish: {count} segments each, in real time",
        "等候錄影設備完成：各 {count} 段，即時錄影",
    ),
    "waiting": ("  {what}; trying again", "  {what}；稍後再試"),
    "reading": ("reading the log with the published schemas alone", "僅憑公開的結構描述讀取日誌"),
    "sabotage": ("SABOTAGE: {what}", "蓄意破壞：{what}"),
    "stopping": ("stopping: the batch in hand is finished", "停止中：完成手上的批次"),
    # The sabotages.
    "sabotage.held": ("destroy a held segment, forge its receipt", "銷毀受保全的一段並偽造收據"),
    "sabotage.early": ("destroy what was recorded just now, forge its receipt", "銷毀剛錄下的影像並偽造收據"),
    "sabotage.receipt": ("delete the bytes of a segment by hand", "手動刪除一段影像的檔案"),
    "sabotage.chain": ("claim a view that nobody granted", "捏造一次無人核准的調閱"),
    "sabotage.lost": ("a file that a recorder finished vanishes", "錄影設備完成的檔案憑空消失"),
    # The table and the verdict.
    "table.title": ("what became of the footage", "影像的去向"),
    "table.camera": ("camera", "攝影機"),
    "table.recorded": ("recorded", "已錄存"),
    "table.held": ("held", "保全中"),
    "table.destroyed": ("destroyed\nwith receipt", "已銷毀\n有收據"),
    "table.kept": ("kept", "保存中"),
    "table.gaps": ("gaps", "缺口"),
    "table.refused": ("refused", "不予受理"),
    "table.viewed": ("viewed", "已調閱"),
    "table.requests": ("(requests)", "（申請）"),
    "table.all": ("all", "合計"),
    "held.by": ("held: {parts}", "保全中：{parts}"),
    "held.and": (", ", "；"),
    "held.hold": ("{count} by the hold", "{count} 段因影像保全"),
    "held.request": ("{count} by an open request to view", "{count} 段因申請案保留"),
    "held.rescue": ("{count} by a rescue", "{count} 段因已恢復"),
    "hash.title": ("content hash of all segments", "全部影像段的內容雜湊"),
    "hash.expected": ("expected", "應有結果"),
    "hash.log": ("by the log", "依日誌"),
    "hash.database": ("by the database", "依資料庫"),
    "checked": (
        "checked {records} records of the log, read by the published schemas alone",
        "已檢核日誌 {records} 筆，僅憑公開的結構描述讀取",
    ),
    "must.not.be": ("must not be", "不得發生"),
    "rule.nothing_destroyed_under_hold": ("nothing destroyed under hold", "保全中者不得銷毀"),
    "rule.every_mark_was_cleared": ("every mark was cleared", "銷毀前必經放行"),
    "rule.every_destruction_has_a_receipt": ("every destruction has a receipt", "每次銷毀都有收據"),
    "rule.nothing_destroyed_early": ("nothing destroyed early", "未到期者不得銷毀"),
    "rule.every_view_has_a_chain": ("every view has a chain", "每次調閱都有簽核"),
    "rule.nothing_lost_and_nothing_doubled": ("nothing lost and nothing doubled", "無遺失、無重複"),
    "rule.what_came_out_is_what_was_expected": ("what came out is what was expected", "結果與預期相符"),
    "rule.what_was_never_written_is_a_gap": ("what was never written is a gap", "未錄存者列為缺口"),
    "rule.the_job_was_done": ("the job was done", "主要工作均已執行"),
    "rule.log_and_database_tell_the_same": ("log and database tell the same", "日誌與資料庫一致"),
    "verdict.1": (
        "nothing destroyed under hold or too early, nothing lost or doubled,",
        "保全中與未到期者皆未銷毀，無遺失、無重複，",
    ),
    "verdict.2": (
        "every destruction with its receipt, every view with its chain",
        "每次銷毀都有收據，每次調閱都有簽核",
    ),
    "end": ("{seconds:.0f} s; data folder {folder}", "{seconds:.0f} 秒；資料夾 {folder}"),
}

_FROM_UP = ("stack.starting", "services.starting", "service.ready", "policy.in_force", "process.ended", "server.ended")


def phrase(name: str, lang: Lang, /, **fields: object) -> str:
    """Return a phrase in a language; raises KeyError for one that isn't in the table."""
    return PHRASES[name][LANGS.index(lang)].format(**fields)


def translated(line: str, lang: Lang) -> str:
    """Return a line that ``up`` said in English in the wanted language; unknown lines as they are."""
    for name in _FROM_UP:
        if found := re.fullmatch(_template(PHRASES[name][0]), line):
            return phrase(name, lang, **found.groupdict())
    return line


def _template(english: str) -> str:
    return re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(english))
