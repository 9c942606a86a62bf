"""Words of the page that checks proofs, and why something can't be checked at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Told = tuple[str, str]

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "verify": ("Check a proof", "驗證證明"),
    "verify_lede": (
        (
            "You need not trust us: a certificate of deletion, an inclusion proof or a receipt is checked by what "
            "stands in it, hash by hash, and then held against the log of this installation."
        ),
        "無須信任本系統：銷毀證明書、納入證明或銷毀收據，均依其內容逐一核對雜湊值，再與本系統之紀錄比對。",
    ),
    "log_now": ("The log as it stands here now", "本系統現行紀錄"),
    "log_entries": ("{number} entries", "{number} 筆"),
    "log_origin": ("Log", "紀錄名稱"),
    "log_size": ("Size", "筆數"),
    "log_root": ("Root", "根雜湊值"),
    "proof_file": ("File", "檔案"),
    "proof_file_hint": (
        "As it was handed out, up to {most}; what is larger is checked by camledger deletion verify.",
        "請用原始檔案，上限 {most}；更大者請以 camledger deletion verify 驗證。",
    ),
    "proof_pasted": ("Or its text", "或貼上內容"),
    "proof_root": ("Root as you know it from elsewhere", "您由他處取得之根雜湊值"),
    "proof_root_hint": ("64 hexadecimal digits; empty if you have none", "64 位十六進位；無則免填"),
    "verify_do": ("Check it", "開始驗證"),
    "verify_command": (
        "The same check without us and without a network:",
        "不經本系統、無須網路亦可為相同驗證：",
    ),
    "proof_certificate": ("Certificate of deletion", "銷毀證明書"),
    "proof_proof": ("Inclusion proof", "納入證明"),
    "proof_receipt": ("Receipt of destruction", "銷毀收據"),
    "proof_holds": ("It verifies.", "驗證相符。"),
    "proof_fails": ("It doesn't verify.", "驗證不符。"),
    "proof_ours": (
        "Every entry in it stands at the same place of this installation's log.",
        "其各筆均與本系統紀錄同一位置相符。",
    ),
    "proof_alone": (
        "It fits in itself. The log of this installation couldn't be asked, so whether it is of that log stays open.",
        "內容自相一致；惟本系統紀錄未回應，尚未能確認屬於本系統。",
    ),
    "proof_wrong": ("What is wrong", "不符之處"),
    "proof_note": ("Note", "附註"),
    "proof_open": ("What this could not look at", "本驗證未及之事項"),
    "proof_against": ("Checkpoint that it names", "其所載檢查點"),
    "proof_ways": ("Hash by hash", "逐一雜湊"),
    "proof_ways_says": (
        "Each entry is hashed to its leaf, each step takes the hash beside it, the last is the root above (RFC 6962).",
        "各筆先計算葉雜湊，逐步與旁側雜湊合併，末值須等於上列根雜湊值（RFC 6962）。",
    ),
    "proof_ways_some": ("{shown} of {number} entries are shown.", "共 {number} 筆，顯示 {shown} 筆。"),
    "way_of": ("Entry {index}", "第 {index} 筆"),
    "way_fits": ("leads to the root", "通往根雜湊值"),
    "way_fails": ("doesn't lead to the root", "未通往根雜湊值"),
    "way_leaf": ("Leaf", "葉"),
    "way_beside": ("beside it", "旁側"),
    "way_makes": ("makes", "合併"),
}

REASONS: Final[Mapping[str, tuple[Told, Told]]] = {
    "UploadTooLarge": (
        ("This is larger than a page takes.", "Check it on the command line: camledger deletion verify FILE"),
        ("檔案超過本頁上限。", "請改用指令驗證：camledger deletion verify 檔案"),
    ),
    "NothingToVerify": (
        ("Nothing was given to check.", "Choose a file, or paste its text."),
        ("未提供任何內容。", "請選擇檔案或貼上內容。"),
    ),
    "NotJson": (
        ("This isn't JSON, so it is none of our proofs.", "Give the file as it was handed out, not its PDF."),
        ("內容非 JSON，並非本系統之證明。", "請提供原始檔案，而非其 PDF。"),
    ),
    "NoProof": (
        (
            "This is JSON, and neither a certificate, an inclusion proof nor a receipt.",
            "Give one of these three, whole; of several receipts, one at a time.",
        ),
        ("內容為 JSON，但非銷毀證明書、納入證明或銷毀收據。", "請提供其中一種之完整內容；收據請逐一驗證。"),
    ),
    "NoRoot": (
        ("A root is 64 hexadecimal digits.", "Copy it whole, or leave the field empty."),
        ("根雜湊值應為 64 位十六進位。", "請完整複製，或留空。"),
    ),
}
