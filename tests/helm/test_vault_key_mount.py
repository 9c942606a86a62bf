"""The check that the chart gives the vault's key to access alone names each way in which it could go elsewhere."""

from __future__ import annotations

from pathlib import Path

from scripts.vault_key_mount import faults

BAD = Path(__file__).with_name("known-bad-key.yaml")
SECRET = "camledger-vault"


def mended(tmp_path: Path, *, beside: bool = False) -> Path:
    access, ingest = BAD.read_text("utf-8").split("\n---\n")
    access = (
        access.replace("0444", "0440")
        .replace("10002", "10001")
        .replace("/camledger/vault.key", "/camledger/vault/vault.key")
    )
    access = access.replace("/camledger/vault}", "/camledger/vault, readOnly: true}")
    good = tmp_path / "good.yaml"
    good.write_text(f"{access}\n---\n{ingest}" if beside else access, "utf-8")
    return good


def test_each_wrong_way_to_give_the_key_is_named() -> None:
    assert list(faults(BAD, SECRET)) == [
        "Deployment/access: the key's mode isn't 0440",
        "Deployment/access: fsGroup isn't the group that it runs as",
        "Deployment/access: access has the key not once, or not for reading only",
        "Deployment/access: access isn't told by CAMLEDGER_VAULT_KEY_FILE where the key is",
        "Deployment/ingest: has the vault's key and isn't access",
    ]


def test_a_key_that_reaches_access_alone_is_right(tmp_path: Path) -> None:
    assert list(faults(mended(tmp_path), SECRET)) == []


def test_a_key_that_reaches_somebody_else_beside_access_is_wrong(tmp_path: Path) -> None:
    assert list(faults(mended(tmp_path, beside=True), SECRET)) == [
        "Deployment/ingest: has the vault's key and isn't access"
    ]


def test_a_key_that_reaches_nobody_is_wrong() -> None:
    assert list(faults(BAD, "another")) == ["no pod of access has the Secret another"]
