"""Proofs judged without a service: what they are, what is wrong with them, and that each fault has its words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from services.access.console import judging
from services.access.console.behind import KINDS, back, behind
from services.access.console.uploads import parsed
from services.access.console.words import WORDS, faults
from services.access.refusals import Unusable
from services.kernel import certificate
from services.kernel.certificate import canonical, sealed
from tests.fakes.certificate import made_out

CERTIFICATE = made_out()
LOG = CERTIFICATE["log"]
LONG_AGO = "2000-01-01T00:00:00.000000Z"
CJK = re.compile(r"[\u4e00-\u9fff]")
KERNEL = Path(certificate.__file__).parent
KIND = "multipart/form-data; boundary=b"


def judged(content: bytes) -> judging.Judged:
    kind, document = judging.read(content)
    assert kind == judging.CERTIFICATE
    return judging.certificate(content, document, "", {})


def test_what_a_proof_is_is_read_from_what_stands_in_it() -> None:
    assert judging.read(canonical(CERTIFICATE))[0] == judging.CERTIFICATE
    assert judging.read(json.dumps({**LOG, "absent": []}).encode())[0] == judging.PROOF
    assert judging.read(json.dumps({"extracts": [LOG], "absent": []}).encode())[0] == judging.PROOF
    receipt = dict.fromkeys(judging.OF_A_RECEIPT, "")
    assert judging.read(json.dumps({"receipts": [receipt]}).encode()) == (judging.RECEIPT, receipt)


@pytest.mark.parametrize(
    "content", [b"", b"  ", b"7", b"[]", b'"a"', b"\xff\xfe", b'{"format": "other/1"}', b"{" * 9_000]
)
def test_what_is_no_proof_is_refused(content: bytes) -> None:
    with pytest.raises(Unusable):
        judging.read(content)


def test_two_receipts_at_once_are_refused() -> None:
    receipt = dict.fromkeys(judging.OF_A_RECEIPT, "")
    with pytest.raises(Unusable):
        judging.read(json.dumps({"receipts": [receipt, receipt]}).encode())


@pytest.mark.parametrize("log", [7, None, {}, {"origin": 1, "size": "x", "root": 2, "entries": [3]}, {"entries": None}])
def test_a_proof_built_wrongly_has_faults_and_raises_nothing(log: object) -> None:
    found = judging.proof({"extracts": [log]}, "")
    assert not found.valid
    assert judging.events_of(found.logs, 9) == []


def test_an_index_outside_of_the_tree_is_no_way_to_its_root() -> None:
    entries = [each | {"index": LOG["size"] + 5} for each in LOG["entries"]]
    found = judging.proof({**LOG, "entries": entries}, "")
    assert not found.valid
    assert {way.steps for way in found.checkpoints[0].ways} == {()}


def test_every_fault_of_a_forged_certificate_is_said_in_chinese() -> None:
    segment = CERTIFICATE["segments"][0]
    answers = [{"answer": "present", "asked_at": LONG_AGO}]
    gone = segment["destroyed"] | {"at": segment["mark"]["at"], "answers": answers}
    forged = segment | {"size_bytes": 1, "minimum": "2999", "destroyed": gone, "ended_at": LONG_AGO}
    unsealed = CERTIFICATE | {"segments": [forged], "subject": {"kind": "request", "request_id": ""}}
    found = judged(canonical(sealed({name: value for name, value in unsealed.items() if name != "digest"})))
    said = [*found.faults, *found.unchecked]
    assert len(found.faults) > 6
    assert [each for each in said if not CJK.search(faults.said(each, "zh-Hant"))] == []
    assert [faults.said(each, "en") for each in said] == said


def test_every_sentence_of_the_kernels_check_has_its_chinese() -> None:
    code = "\n".join(each.read_text() for each in sorted(KERNEL.glob("*.py")))
    plain = re.findall(r"found\.must\(.*?, \"([^\"]+)\"\)", code) + re.findall(r'^NEEDS\w+: Final = "(.+)"', code, re.M)
    assert len(plain) > 12
    for each in plain:
        prefix = "" if each.startswith(("that ", "place")) else "cam-1 2026: "
        assert CJK.search(faults.said(prefix + each, "zh-Hant")), each


def test_a_forms_parts_are_read_by_name_and_a_file_keeps_its_bytes() -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n\x00\r\n\xff\r\n--b--\r\n'
    assert parsed(KIND, body) == {"file": b"\x00\r\n\xff"}


@pytest.mark.parametrize(
    "body", [b"", b"--b--\r\n", b"--b\r\n\r\nx\r\n--b--\r\n", b"\r\n".join([b"--b\r\nA: b\r\n\r\nx"] * 20)]
)
def test_a_body_that_no_form_of_ours_sends_is_refused(body: bytes) -> None:
    with pytest.raises(Unusable):
        parsed(KIND, body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"--b\r\nContent-Disposition: form-data; " + b"name*%d=x;" * 400 + b"\r\n\r\nx", id="parameters"),
        pytest.param(
            b"".join(b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" for _ in range(8)), id="parts"
        ),
        pytest.param(b"--b\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 2_000 + b"x", id="mails within mails"),
        pytest.param(b"--b\r\nContent-Disposition: form-data; name=" + b"(" * 3_000 + b"\r\n\r\nx", id="remarks"),
    ],
)
def test_a_body_made_for_a_reader_of_mails_is_refused_and_never_unfolded(body: bytes) -> None:
    with pytest.raises(Unusable):
        parsed(KIND, body + b"\r\n--b--")


def test_a_forms_part_is_never_taken_for_a_form_or_another_alphabet() -> None:
    """What stands in a field stays as it was sent: no part of it is a field, no header of it decodes it."""
    inside = b'Content-Disposition: form-data; name="form_token"\r\n\r\nforged'
    heads = b'Content-Disposition: form-data; name="file"\r\nContent-Type: multipart/mixed; boundary=c\r\n'
    heads += b"Content-Transfer-Encoding: base64\r\n"
    body = b"--b\r\n" + heads + b"\r\n--c\r\n" + inside + b"\r\n--c--\r\n--b--"
    assert parsed(KIND, body) == {"file": b"--c\r\n" + inside + b"\r\n--c--"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_events_has_a_name_an_address_and_a_way_back(kind: str) -> None:
    address = behind(kind, "a/b?c", {"from": "2026-11-01T00:00:00+08:00", "to": ""})  # type: ignore[arg-type]
    assert address == f"/console/events/{kind}/a%2Fb%3Fc?from=2026-11-01T00%3A00%3A00%2B08%3A00"
    place, word = back(kind, "a")  # type: ignore[arg-type]
    assert place.startswith("/console")
    assert {word, f"events_{kind}"} <= set(WORDS)
