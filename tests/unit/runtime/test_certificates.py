"""Certificates are read where an address asks for them, and nobody is believed without."""

from __future__ import annotations

import json
import ssl
from pathlib import Path

import pytest

from services.cli.client import Client
from services.runtime import certificates
from services.runtime.certificates import trusted

INGEST = "http://127.0.0.1:8461"


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Certificates that can't be read: whoever reads them shows it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    certificates._machines.cache_clear()


def client(home: Path, *addresses: str) -> Client:
    services = {str(number): address for number, address in enumerate(addresses)}
    (home / "client.json").write_text(json.dumps({"services": services, "people": {"lin": "token"}}))
    return Client("lin", home)


@pytest.mark.usefixtures("unreadable")
def test_a_command_that_calls_plain_addresses_reads_no_certificates(tmp_path: Path) -> None:
    client(tmp_path, INGEST, "http://ingest:8080")


@pytest.mark.parametrize("secure", ["https://footage.city", "HTTPS://footage.city"])
@pytest.mark.usefixtures("unreadable")
def test_one_address_with_tls_has_them_read(tmp_path: Path, secure: str) -> None:
    with pytest.raises(FileNotFoundError):
        client(tmp_path, INGEST, secure)


def test_where_none_were_read_nobody_is_believed() -> None:
    none = trusted(INGEST)
    assert none.cert_store_stats()["x509_ca"] == 0
    assert (none.verify_mode, none.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_the_machines_certificates_are_read_once() -> None:
    certificates._machines.cache_clear()
    assert trusted("https://footage.city") is trusted(INGEST, "https://elsewhere.city")
