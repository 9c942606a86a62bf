"""Columns of the registers in both languages, in the order in which the agencies' annexes have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "zh-Hant", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """One column: its name in JSON and its headings."""

    name: str
    en: str
    zh: str

    def text(self, language: Language) -> str:
        """Return the heading in one language or in both."""
        return {"en": self.en, "zh-Hant": self.zh, "both": f"{self.zh} {self.en}"}[language]


def _columns(*rows: tuple[str, str, str]) -> tuple[Heading, ...]:
    return tuple(Heading(name=name, en=en, zh=zh) for name, en, zh in rows)


# NPA annex 1 with the time of destruction and the person who destroyed (NPA-05, NPA-12); the clip that went to the
# repository with its case number (SPD-06).
CATALOG = _columns(
    ("file_name", "File name", "檔案名稱"),
    ("officer", "Officer (person id)", "使用人員（人員代號）"),
    ("shift", "Shift", "勤務"),
    ("starts_at", "Recorded from", "錄影起"),
    ("ends_at", "Recorded to", "錄影迄"),
    ("device_owner", "Device owner", "設備所有"),
    ("camera", "Camera", "攝影機編號"),
    ("generation", "Generation", "存入次別"),
    ("size_bytes", "Size (bytes)", "檔案大小（位元組）"),
    ("sha256", "SHA-256", "雜湊值（SHA-256）"),
    ("stored_at", "Stored at", "存檔時間"),
    ("replicated_at", "Second copy verified at", "備份驗證時間"),
    ("retention_class", "Retention class", "保存類別"),
    ("policy_version", "Policy version", "規定版本"),
    ("destroyed_at", "Destroyed at", "銷毀時間"),
    ("destroyed_by", "Destroyed by", "銷毀人員"),
    ("destruction_method", "Method of destruction", "銷毀方式"),
    ("destruction_rules", "Destroyed under rule", "銷毀依據"),
    ("transferred_at", "Transferred to the evidence repository at", "轉存數位證據庫時間"),
    ("transfer_repository", "Evidence repository", "數位證據庫"),
    ("transfer_case", "Case number of the transfer", "轉存案號"),
)

# NPA annex 2 and DAAN annex 3, less what names a person (NPA-15, NPA-21, DAAN-10, DAAN-11); what another agency must
# state (DAAN-07, SPD-12) and where a request was sent (SPD-13).
REQUESTS = _columns(
    ("number", "Number", "申請編號"),
    ("submitted_at", "Submitted at", "申請時間"),
    ("policy_id", "Policy", "適用規定"),
    ("policy_version", "Policy version", "規定版本"),
    ("kind", "Kind", "申請類別"),
    ("action", "View, copy or preserve", "調閱、複製或保全"),
    ("requester", "Applicant (person id)", "申請人（人員代號）"),
    ("requester_class", "Class of applicant", "申請人類別"),
    ("unit", "Agency or unit", "申請機關／單位"),
    ("title", "Title", "職稱"),
    ("on_behalf_of", "On whose behalf", "代表何機構"),
    ("duty_item", "Duty item", "勤務項目"),
    ("cause", "Cause", "事由"),
    ("purpose", "Purpose", "用途"),
    ("legal_basis", "Legal basis", "法律依據"),
    ("statute", "Statute", "法令條文"),
    ("use", "Use", "利用方式"),
    ("ground", "Ground", "申請依據"),
    ("reference", "Reference", "文號"),
    ("case_number", "Case number", "案號"),
    ("asked_time", "Time asked for", "調閱時間"),
    ("cameras", "Cameras", "攝影機編號"),
    ("footage_from", "Footage from", "影像起"),
    ("footage_to", "Footage to", "影像迄"),
    ("chain", "Signature chain", "簽核程序"),
    ("steps", "Steps signed", "簽核紀錄"),
    ("granted_at", "Granted at", "核准時間"),
    ("valid_until", "Grant valid until", "核准期限"),
    ("routed_to", "Routed to", "移送單位"),
    ("outcome", "Outcome", "辦理結果"),
    ("refusal", "Refusal", "不予核准原因"),
    ("clauses", "Clauses", "依據條款"),
    ("closed_at", "Closed at", "結案時間"),
)

# NPA annex 3 and the result section of DAAN annex 3 with who signed as what (NPA-13, NPA-15, NPA-16, DAAN-08, DAAN-11);
# ground and case of what another agency or the defence got (SPD-12, SPD-17); project, ground and basis of a live view
# (SPD-04, LIVE-05, LIVE-06); every refusal with its clause (SPD-08, SPD-16).
ACCESS = _columns(
    ("at", "Time", "時間"),
    ("person", "Person (person id)", "調閱複製人（人員代號）"),
    ("request", "Request", "申請編號"),
    ("act", "View, copy or live", "調閱、複製或即時"),
    ("unit", "Agency or unit", "申請機關／單位"),
    ("address", "From address", "來源位址"),
    ("project", "Project", "專案"),
    ("cameras", "Cameras", "攝影機編號"),
    ("footage_from", "Footage from", "影像起"),
    ("footage_to", "Footage to", "影像迄"),
    ("cause", "Cause", "事由"),
    ("purpose", "Purpose", "用途"),
    ("legal_basis", "Legal basis", "法律依據"),
    ("ground", "Ground", "申請依據"),
    ("reference", "Reference", "文號"),
    ("case_number", "Case number", "案號"),
    ("approved_by", "Approved by (person id)", "核准人（人員代號）"),
    ("approved_at", "Approved at", "核准時間"),
    ("agreed_time", "Agreed time", "約定時間"),
    ("accompanied_by", "Accompanied by (person id)", "會同人員（人員代號）"),
    ("ended_at", "Ended at", "結束時間"),
    ("copy_number", "Copy number", "複製編號"),
    ("sha256", "SHA-256 of the copy", "複本雜湊值（SHA-256）"),
    ("bytes", "Bytes served", "傳送位元組"),
    ("signed_at", "Signed at", "簽收時間"),
    ("signed_by", "Signed by (person id)", "簽收人（人員代號）"),
    ("signed_as", "Signed as", "簽收身分"),
    ("result_of", "Result of", "調閱結果項目"),
    ("return_by", "Return by", "應歸還時間"),
    ("returned_at", "Returned at", "歸還時間"),
    ("returned_how", "Returned or destroyed", "歸還或銷毀"),
    ("refusal", "Refusal", "拒絕原因"),
    ("clauses", "Clauses", "依據條款"),
)
