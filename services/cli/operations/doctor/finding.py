"""What the doctor says: a finding by name, how bad it is, and the remedy, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from typer import BadParameter

DANGER, WARNING = "danger", "warning"

ENGLISH, CHINESE = "en", "zh-Hant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``name`` is a key of ``WORDS``; ``where`` and ``found`` are what this machine showed."""

    name: str
    where: str = ""
    found: str = ""

    @property
    def level(self) -> str:
        return WORDS[self.name].level

    def why(self, language: str) -> str:
        """Return why this matters."""
        return WORDS[self.name].why[language]

    def remedy(self, language: str) -> str:
        """Return what to do."""
        return WORDS[self.name].remedy[language]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How a finding is told."""

    level: str
    why: dict[str, str]
    remedy: dict[str, str]


def _words(level: str, why: str, why_zh: str, remedy: str, remedy_zh: str) -> Words:
    return Words(level=level, why={ENGLISH: why, CHINESE: why_zh}, remedy={ENGLISH: remedy, CHINESE: remedy_zh})


WORDS: dict[str, Words] = {
    "broker-unreachable": _words(
        DANGER,
        "The broker doesn't answer.",
        "訊息中介伺服器沒有回應。",
        "Check CAMLEDGER_KAFKA and CAMLEDGER_KAFKA_SECURITY (docs/runbooks/broker-down.md).",
        "請檢查 CAMLEDGER_KAFKA 與 CAMLEDGER_KAFKA_SECURITY（docs/runbooks/broker-down.md）。",
    ),
    "few-replicas": _words(
        DANGER,
        "One lost disk loses records of this topic.",
        "損失一顆磁碟即可能遺失此主題的紀錄。",
        "Give every topic three replicas: kafka-reassign-partitions.sh with a plan for this topic.",
        "每個主題應有三份副本：以 kafka-reassign-partitions.sh 重新配置此主題。",
    ),
    "weak-acknowledgement": _words(
        DANGER,
        "A write is acknowledged when only one broker has it.",
        "只有一台伺服器存妥即視為寫入完成。",
        "kafka-configs.sh --alter --add-config min.insync.replicas=2 on this topic.",
        "以 kafka-configs.sh --alter --add-config min.insync.replicas=2 設定此主題。",
    ),
    "unclean-election": _words(
        DANGER,
        "A broker that fell behind may become leader and erase acknowledged records.",
        "落後的伺服器可能成為主節點並抹去已確認的紀錄。",
        "Set unclean.leader.election.enable=false on this topic.",
        "此主題請設定 unclean.leader.election.enable=false。",
    ),
    "history-expires": _words(
        DANGER,
        "The broker erases history of this topic by itself.",
        "伺服器會自行刪除此主題的歷史紀錄。",
        "Set cleanup.policy=delete, retention.ms=-1 and retention.bytes=-1 on this topic.",
        "此主題請設定 cleanup.policy=delete、retention.ms=-1、retention.bytes=-1。",
    ),
    "topic-missing": _words(
        DANGER,
        "A topic doesn't exist, so nothing can be recorded on it.",
        "主題不存在，無法寫入紀錄。",
        "New: `camledger migrate` creates it. Read before: bring disks or topic back (docs/runbooks/broker-down.md).",
        "新安裝：執行 `camledger migrate` 建立。曾經讀取過：請復原磁碟或該主題（docs/runbooks/broker-down.md）。",
    ),
    "topics-made-by-accident": _words(
        WARNING,
        "A misspelt name makes a topic with the broker's defaults, which expire.",
        "打錯名稱即會以預設值（會過期）自動建立主題。",
        "Set auto.create.topics.enable=false on every broker.",
        "每台伺服器請設定 auto.create.topics.enable=false。",
    ),
    "slow-failover": _words(
        WARNING,
        "A killed worker's partitions wait this long until another takes them.",
        "工作程式中斷後，其分割區要等這麼久才由他人接手。",
        "Set group.consumer.session.timeout.ms=10000 and group.consumer.min.session.timeout.ms=6000 on every broker.",
        "每台伺服器請設定 group.consumer.session.timeout.ms=10000 與 group.consumer.min.session.timeout.ms=6000。",
    ),
    "database-unreachable": _words(
        DANGER,
        "The database doesn't answer.",
        "資料庫沒有回應。",
        "Check CAMLEDGER_DATABASE (docs/runbooks/database-restore.md).",
        "請檢查 CAMLEDGER_DATABASE（docs/runbooks/database-restore.md）。",
    ),
    "not-durable": _words(
        DANGER,
        "A commit may be lost after its answer: a hold could be forgotten.",
        "已回覆的交易可能遺失：保全可能被遺忘。",
        "ALTER SYSTEM SET it to on, then SELECT pg_reload_conf().",
        "請以 ALTER SYSTEM SET 設為 on，再執行 SELECT pg_reload_conf()。",
    ),
    "no-checksums": _words(
        WARNING,
        "A page that a disk changed is read as if it were right.",
        "磁碟損壞的頁面會被當作正確資料讀取。",
        "Stop the server, run pg_checksums --enable, start it again.",
        "停止伺服器，執行 pg_checksums --enable，再啟動。",
    ),
    "replica": _words(
        DANGER,
        "This server is a standby: nothing can be decided on it.",
        "此伺服器為備援：無法在其上做任何決定。",
        "Name the primary in CAMLEDGER_DATABASE, for example with target_session_attrs=read-write.",
        "CAMLEDGER_DATABASE 請指向主要伺服器，例如加上 target_session_attrs=read-write。",
    ),
    "clocks-differ": _words(
        DANGER,
        "Clocks differ by more than the margin that deletion allows for (5 minutes).",
        "時鐘差距超過銷毀所容許的範圍（5 分鐘）。",
        "Let every host take its time from the same NTP servers. If retention halted, docs/runbooks/stuck-deletion.md.",
        "各主機請使用相同的 NTP 伺服器校時。若 retention 已暫停銷毀，請見 docs/runbooks/stuck-deletion.md。",
    ),
    "clocks-drift": _words(
        WARNING,
        "Clocks differ by seconds: order by time can't be trusted.",
        "時鐘相差數秒：時間順序不可盡信。",
        "Let every host take its time from the same NTP servers.",
        "各主機請使用相同的 NTP 伺服器校時。",
    ),
    "store-not-writable": _words(
        DANGER,
        "Footage can't be written here.",
        "無法在此寫入影像。",
        "Make the folder writable for the user that runs ingest.",
        "請讓執行 ingest 的使用者可寫入此資料夾。",
    ),
    "no-hard-links": _words(
        DANGER,
        "This file system has no hard links: a file can't be put in place without a moment in which it could be lost.",
        "此檔案系統不支援硬連結：無法安全地放置檔案。",
        "Put the store on ext4, XFS, ZFS or NFSv4.",
        "請將儲存區置於 ext4、XFS、ZFS 或 NFSv4。",
    ),
    "store-address": _words(
        DANGER,
        "CAMLEDGER_STORAGE names neither a folder nor a bucket: ingest won't start.",
        "CAMLEDGER_STORAGE 既非資料夾亦非儲存桶：ingest 無法啟動。",
        "Write a folder, or s3://bucket/prefix?endpoint=...&region=...; keys come from the environment.",
        "請填資料夾，或 s3://儲存桶/前綴?endpoint=...&region=...；金鑰由環境變數提供。",
    ),
    "disk-full": _words(
        DANGER,
        "Less is free than the reserve: ingest takes nothing in any more.",
        "可用空間低於保留量：ingest 已停止收錄。",
        "Add space (docs/runbooks/disk-full.md). Neither a hold nor a minimum gives way to a full disk.",
        "請增加空間（docs/runbooks/disk-full.md）。保全與最短保存期限不因磁碟已滿而讓步。",
    ),
    "people-unreadable": _words(
        DANGER,
        "The people file can't be used: nobody may call.",
        "人員檔無法使用：任何人都無法呼叫服務。",
        "Correct it as docs/install.md shows; `camledger people add` writes an entry.",
        "請依 docs/install.md 修正；`camledger people add` 可新增一筆。",
    ),
    "people-missing": _words(
        WARNING,
        "There is no people file here: the services would know nobody.",
        "此處沒有人員檔：服務不認得任何人。",
        "Set CAMLEDGER_PEOPLE, or make one with `camledger people add`.",
        "請設定 CAMLEDGER_PEOPLE，或以 `camledger people add` 建立。",
    ),
    "people-readable-by-all": _words(
        DANGER,
        "Everybody on this machine can read who may do what.",
        "此機器上任何人都能讀取權限設定。",
        "chmod 600 the file.",
        "請將檔案權限設為 600（chmod 600）。",
    ),
    "token-twice": _words(
        DANGER,
        "Two accounts have the same token: nobody can tell who acted.",
        "兩個帳號使用相同權杖：無法分辨是誰的行為。",
        "Give one of them a new token with `camledger people add --replace`.",
        "請以 `camledger people add --replace` 發給其中一個新的權杖。",
    ),
    "account-twice": _words(
        DANGER,
        "One account stands in the file twice; the last one counts.",
        "同一帳號出現兩次，以最後一筆為準。",
        "Remove the entry that is not meant.",
        "請刪除多餘的一筆。",
    ),
    "person-in-two-minds": _words(
        DANGER,
        "Accounts of one person name different agencies: four eyes and jurisdiction would be judged wrongly.",
        "同一人的帳號記載不同機關：雙人審核與管轄會判斷錯誤。",
        "Give each person one id, and one agency in all their accounts.",
        "每人應只有一個識別碼，且各帳號的機關一致。",
    ),
    "part-still": _words(
        DANGER,
        "This part of a service has been silent for longer than it may: what it does is not being done.",
        "此服務的這個部分已停頓過久：其工作目前無人執行。",
        "A supervisor ends the process and starts it again; if it stands still again, look at its log "
        "(docs/runbooks/process-gone.md).",
        "監督程式會結束並重新啟動該程序；若再次停頓，請查看其日誌（docs/runbooks/process-gone.md）。",
    ),
    "service-silent": _words(
        WARNING,
        "This service doesn't answer: whether its parts work is not known.",
        "此服務沒有回應：無法得知其各部分是否運作。",
        "See whether it runs, and whether CAMLEDGER_<SERVICE>_URL is its address (docs/runbooks/process-gone.md).",
        "請確認服務是否執行中，以及位址 CAMLEDGER_<SERVICE>_URL 是否正確（docs/runbooks/process-gone.md）。",
    ),
    "token-missing": _words(
        WARNING,
        "This account has no token: nobody can use it.",
        "此帳號沒有權杖：無人可使用。",
        "Give it one with `camledger people add --replace`, or remove it.",
        "請以 `camledger people add --replace` 發給權杖，或刪除此帳號。",
    ),
}


def known(accepted: Sequence[str]) -> Sequence[str]:
    """Return the names as given; a misspelt one must not pass for an acceptance."""
    if unknown := sorted(set(accepted) - WORDS.keys()):
        raise BadParameter(f"no finding is called {', '.join(unknown)}: one of {', '.join(sorted(WORDS))}")
    return accepted
