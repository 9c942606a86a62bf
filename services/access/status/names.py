"""What the status page calls events, roles and services in both languages: words for people, never a person's id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

Both = tuple[str, str]

EVENTS: Final[Mapping[str, Both]] = {
    "HoldPlaced": ("protection placed", "保全成立"),
    "HoldExtended": ("hold extended", "保全延長"),
    "HoldReleaseProposed": ("release proposed", "提議解除保全"),
    "HoldReleased": ("protection given an end", "保全訂定終期"),
    "HoldReviewDue": ("review of a hold due", "保全複查到期"),
    "HoldProposed": ("hold proposed before footage runs out", "影像將屆期，提議保全"),
    "DeletionCleared": ("deletion cleared", "銷毀放行"),
    "PolicyInForce": ("policy in force", "政策生效"),
    "CameraBound": ("camera bound to a policy", "攝影機適用政策"),
    "PolicyVersionAdopted": ("policy version adopted", "採用政策版本"),
    "PolicyVersionScheduled": ("policy version scheduled", "排定政策版本"),
    "LiveOpened": ("live picture opened", "開啟即時影像"),
    "LiveClosed": ("live picture closed", "關閉即時影像"),
    "SimulationReported": ("simulation of a policy reported", "政策模擬報告"),
    "ProgrammeEnded": ("programme ended", "專案終止"),
    "ProjectDecided": ("decision on a live project", "即時影像專案決定"),
    "RequestSubmitted": ("request handed in", "受理申請"),
    "RequestRefused": ("request not accepted", "不予受理"),
    "RequestRouted": ("request routed to another office", "申請移轉"),
    "RequestCorrected": ("request corrected and handed in again", "補正後重新提出"),
    "RequestTermChanged": ("term of a request changed", "申請期限變更"),
    "RequestWithdrawn": ("request withdrawn", "撤回申請"),
    "RequestClosed": ("request closed", "申請結案"),
    "StepApproved": ("step signed", "核章"),
    "StepReturned": ("step returned", "退回"),
    "StepDenied": ("step denied", "駁回"),
    "StepDelegated": ("step delegated", "授權代理"),
    "DelegationRevoked": ("delegation taken back", "撤回授權"),
    "ConsultationGiven": ("opinion given", "會辦意見"),
    "RequestGranted": ("request granted", "核准申請"),
    "ViewingScheduled": ("viewing agreed", "約定閱覽"),
    "FootageViewed": ("footage viewed", "閱覽影像"),
    "ViewingEnded": ("viewing ended", "閱覽結束"),
    "BulkViewingFound": ("much viewing by one person", "單人大量閱覽"),
    "BulkViewingReviewed": ("much viewing looked into", "單人大量閱覽查核"),
    "CopyMade": ("copy made", "複製影像"),
    "CopySigned": ("copy signed for", "簽收複本"),
    "CopyReturned": ("copy given back", "歸還複本"),
    "CopyErased": ("bytes of a copy erased", "複本資料清除"),
    "BundleHandedOut": ("bundle of copies handed out", "交付複本卷"),
    "ResultSigned": ("result signed", "結果簽章"),
    "AccessRefused": ("access refused", "拒絕存取"),
    "ActRefused": ("act refused", "拒絕辦理"),
    "RecordDiscarded": ("record given up by two persons", "兩人捨棄無法處理之紀錄"),
    "BreakGlassAsked": ("break-glass asked for", "申請緊急授權"),
    "BreakGlassOpened": ("break-glass began", "緊急授權開始"),
    "BreakGlassEnded": ("break-glass ended", "緊急授權結束"),
    "BreakGlassReviewOverdue": ("review of break-glass overdue", "緊急授權逾期未審查"),
    "BreakGlassReviewed": ("break-glass reviewed", "緊急授權審查"),
    "PersonalDataShredded": ("personal data destroyed", "個人資料銷毀"),
    # What other services write, as the audit log shows it.
    "CameraRegistered": ("camera registered", "登錄攝影機"),
    "CameraMoved": ("camera moved", "攝影機移位"),
    "CameraRetired": ("camera retired", "攝影機停用"),
    "PermitRecorded": ("permit recorded", "登錄許可書"),
    "InspectionRecorded": ("inspection recorded", "登錄檢測"),
    "MaintenanceWitnessed": ("maintenance with a witness", "會同維護"),
    "MaskAttested": ("mask attested", "確認遮蔽"),
    "DeviceTested": ("device tested", "設備測試"),
    "DeviceFaultReported": ("fault of a device reported", "設備故障通報"),
    "DailyCheckSigned": ("daily check signed", "每日檢核簽章"),
    "DailyCheckConfirmed": ("daily check confirmed", "每日檢核確認"),
    "ShiftFiled": ("shift filed", "登錄勤務"),
    "CardCleared": ("card cleared", "清空記憶卡"),
    "FilingNotCompleted": ("filing not completed", "歸檔未完成"),
    "SegmentRecorded": ("segment recorded", "影像段存檔"),
    "SegmentRefused": ("segment refused", "影像段拒收"),
    "SegmentReplicated": ("second copy verified", "備份驗證"),
    "SegmentTransferred": ("segment transferred", "影像段轉存"),
    "SegmentDestroyed": ("segment destroyed, with its receipt", "影像段銷毀收據"),
    "RecordingGapFound": ("gap in the recording found", "發現影像缺漏"),
    "TakeoverAdmitted": ("footage of an older recorder taken over", "接管舊主機影像"),
    "DestructionStarted": ("marked for destruction", "標記銷毀"),
    "HoldApplied": ("protection effective", "保護生效"),
    "HoldAnswerAmended": ("answer to a protection amended", "更正保護回覆"),
    "BatchAnswered": ("batch of deletions answered", "銷毀批次回覆"),
    "ProtectionParked": ("protection waits for two persons", "保護待二人處理"),
    "ProtectionSettled": ("protection settled by two persons", "二人處理保護"),
    "DifferenceFound": ("difference between storage and catalog found", "發現儲存與目錄不符"),
    "DifferenceMended": ("difference mended", "不符已修正"),
    "StorageExhausted": ("storage full", "儲存空間不足"),
    "StorageRecovered": ("storage has room again", "儲存空間恢復"),
    "DeletionQueued": ("queued for deletion", "列入待銷毀"),
    "DeletionUnqueued": ("taken out of the queue", "移出待銷毀"),
    "DeletionCommanded": ("deletion commanded", "提議銷毀"),
    "OverdueFound": ("overdue footage found", "發現逾期影像"),
    "BreakerTripped": ("breaker tripped", "自動停止"),
    "BreakerReset": ("breaker reset", "解除自動停止"),
    "ClockHalted": ("stopped because of a clock", "時鐘異常停止"),
}
ROLES: Final[Mapping[str, Both]] = {
    "applicant": ("applicant", "申請人"),
    "clerk": ("clerk", "承辦人"),
    "applicant_supervisor": ("applicant's supervisor", "申請人主管"),
    "unit_head": ("unit head", "單位主管"),
    "system_manager": ("system manager", "系統管理人"),
    "custodian": ("custodian", "保管人"),
    "manager_supervisor": ("system manager's supervisor", "系統管理人主管"),
    "secretary": ("secretary", "秘書"),
    "director": ("director", "主任"),
    "precinct_chief": ("precinct chief", "分局長"),
    "ethics_office": ("ethics office", "政風單位"),
    "public_relations": ("public relations", "公共關係室"),
    "handling_unit": ("handling unit", "承辦單位"),
    "records_unit": ("records unit", "紀錄單位"),
    "captain": ("captain", "隊長"),
    "mayor_counsel": ("mayor's counsel", "市府法律顧問"),
    "legal_counsel": ("legal counsel", "法務人員"),
    "law_enforcement": ("law enforcement agency", "執法機關"),
    "immigration_enforcement": ("immigration enforcement", "移民執法機關"),
    "defence_counsel": ("defence counsel", "辯護人"),
    "auditor": ("auditor", "稽核人員"),
    "internal": ("member of staff", "內部人員"),
    "supervisor": ("supervisor", "主管"),
    "party": ("party to the case", "當事人"),
    "evaluator": ("evaluator", "評估人員"),
    "platform_admin": ("platform administrator", "平台管理員"),
    "policy_owner": ("policy owner", "政策主管"),
    "police": ("police", "警察局"),
    "officer": ("officer", "員警"),
    "project_lead": ("project lead", "專案召集人"),
    "lead_agency": ("lead agency", "主責局處"),
    "executive": ("executive", "府級長官"),
    "project_group": ("project group", "專案小組"),
    "dashboard_admin": ("dashboard administrator", "儀表板管理員"),
    "service:access": ("the system", "系統"),
    "service:ingest": ("the system (recording)", "系統（收錄）"),
    "service:retention": ("the system (retention)", "系統（保存期限）"),
    "service:analytics": ("the system (registers)", "系統（清冊）"),
    "system": ("the system", "系統"),
    "timer": ("a timer of the system", "系統計時器"),
}
SERVICES: Final[Mapping[str, Both]] = {
    "access": ("access: requests and holds", "調閱與保全"),
    "ingest": ("ingest: recording and custody", "收錄與保管"),
    "retention": ("retention: what goes when", "保存期限"),
    "analytics": ("analytics: registers and figures", "清冊與統計"),
}
SUBJECTS: Final[Mapping[str, Both]] = {
    "protection-log": ("protection log", "保全紀錄"),
    "request": ("request", "申請"),
    "approval": ("request", "申請"),
    "access": ("request", "申請"),
    "policy": ("policy", "政策"),
    "project": ("project", "專案"),
    "live": ("live picture", "即時影像"),
    "refusal": ("refusal", "拒絕"),
}
SHOWN_OF_AN_ID: Final = 8
UUID_CHARACTERS: Final = 36


def event(name: str, index: int) -> str:
    """Return what an event is called; its own name in words where nobody has named it."""
    found = EVENTS.get(name)
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower() if found is None else found[index]


def role(name: str, index: int) -> str:
    """Return what a role is called."""
    found = ROLES.get(name)
    return name.replace("_", " ") if found is None else found[index]


def service(name: str, index: int) -> str:
    """Return what a service does."""
    found = SERVICES.get(name)
    return name if found is None else found[index]


def subject(about: str, index: int) -> str:
    """Return which stream an event is about: enough of its id to find it, not enough to ask for it."""
    stream, _, version = about.partition(" ")
    kind, _, identity = stream.partition("/")
    found = SUBJECTS.get(kind)
    said = kind if found is None else found[index]
    shown = identity[:SHOWN_OF_AN_ID] if len(identity) == UUID_CHARACTERS else identity
    return " ".join(part for part in (said, shown, "" if identity else version) if part)
