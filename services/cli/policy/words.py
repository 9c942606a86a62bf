"""Headings of ``camledger policy`` in both languages."""

from enum import Enum


class Word(Enum):
    """One heading: English, Traditional Chinese."""

    PACK = ("pack", "政策包")
    TITLE = ("title", "名稱")
    EFFECTIVE = ("effective", "生效日")
    DIGEST = ("digest", "摘要值")
    RULE = ("rule", "規則")
    RULES = ("rules", "規則")
    CLAUSE = ("clause", "條款")
    CLAUSES = ("clauses", "條款")
    SCENARIOS = ("scenarios", "情境")
    FAILED = ("failed", "未通過")
    OPEN = ("open", "待建置")
    ALLOWS = ("allows", "准許")
    REFUSES = ("refuses", "拒絕")
    CARRIED_BY = ("carried by", "承擔者")
    TESTS = ("tests", "測試")
    STATE = ("state", "狀態")
    COVERED = ("covered", "已涵蓋")
    UNTESTED = ("no test through a service", "尚無服務測試")
    OURS = ("ours", "系統預設")
    REQUESTS = ("What may be asked", "可提出之申請")
    REQUEST_KIND = ("kind of request", "申請種類")
    REQUESTERS = ("classes that may ask", "得申請者")
    ACTIONS = ("actions", "行為")
    RETENTION = ("How long footage is kept", "影像保存期限")
    KEPT_AT_LEAST = ("kept at least", "最短")
    GONE_BY = ("gone by", "最長")
    HOLDS = ("Kinds of hold", "影像保全種類")
    HOLD_KIND = ("kind of hold", "保全種類")
    LIFTS_MAXIMUM = ("also past the maximum", "得逾最長期限")
    YES = ("yes", "是")
    NO = ("no", "否")
    CHAINS = ("Who signs", "核章")
    CHAIN = ("chain", "簽核流程")
    STEP = ("step", "步驟")
    ROLES = ("roles", "角色")


def word(which: Word, lang: str) -> str:
    english, chinese = which.value
    return chinese if lang == "zh-Hant" else english
