"""A stranger checks a bundle with Python alone: what fits is said, and whatever was changed is named."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID
from zipfile import ZipFile

import pytest

from services.access.bundle import archive, verify
from services.access.bundle.contents import Contents, Footage, contents
from services.access.bundle.extract import EVENTS_A_CALL, extract
from services.access.requests.file import Copy, RequestFile
from services.analytics.audit.entry import entry
from services.kernel.batches import SegmentKey, lines
from services.kernel.envelope import Envelope, Recorded
from services.kernel.events import CopyMade, RequestSubmitted
from services.kernel.events.segment import Sha256
from services.kernel.ids import EPOCH
from services.kernel.merkle import inclusion_path, leaf_hash, root_of
from services.kernel.scope import Scope
from services.runtime.settings import Settings
from tests.fakes.telling import telling

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
REQUEST = UUID(int=5)
ORIGINAL, MARKED = b"the original's bytes" * 1000, b"the marked one's" * 900


def copy_of(number: int, content: bytes, form: str = "original", parent: bytes = b"") -> Copy:
    made = CopyMade(
        request_id=REQUEST,
        copy_id=UUID(int=number),
        copy_number=f"spd-cctv-00000000-{number}",
        grant_version=1,
        person="p-0021",
        derived_from=sha256(parent).hexdigest() if parent else "",
        sha256=Sha256(sha256(content).digest()),
        size_bytes=len(content),
        footage=lines([SegmentKey(camera_id="spd-1", started_at=NOW)]),
        footage_from=NOW,
        footage_to=NOW + timedelta(minutes=1),
        return_by=None,
        form=form,
    )
    return Copy(made=made, made_at=NOW, made_by="p-0021", version=number)


def submitted() -> RequestFile:
    scope = Scope(cameras=("spd-1",), starts_at=EPOCH, ends_at=NOW)
    event = RequestSubmitted(
        request_id=REQUEST,
        policy_id="spd-cctv",
        kind="discovery",
        action="copy",
        requester="p-ruiz",
        requester_class="defence_counsel",
        scope=scope,
        facts=(),
        documents=(),
        personal_ref="",
        chain="chain.spd",
        rule="request.discovery",
        term_ends_at=NOW,
    )
    return RequestFile(request_id=REQUEST, submitted=event)


def recorded(each: Footage) -> Recorded:
    envelope = Envelope(
        event_id=each.event_id,
        stream_id=f"access/{REQUEST}",
        stream_version=each.copy.version,
        occurred_at=each.copy.made_at,
        recorded_at=each.copy.made_at,
        actor_id=each.copy.made_by,
        actor_role="defence_counsel",
    )
    return Recorded(envelope=envelope, event=each.copy.made)


def logged(footage: list[Footage]) -> dict[str, Any]:
    """The log's extract over these copies and as many other entries."""
    texts = [*(entry(recorded(each)).decode() for each in footage), *['{"type":"Other"}'] * 3]
    leaves = [leaf_hash(each.encode()) for each in texts]
    entries = [
        {"index": at, "event_id": str(each.event_id), "event_type": "CopyMade", "entry": texts[at],
         "path": [one.hex() for one in inclusion_path(leaves, at)]}
        for at, each in enumerate(footage)
    ]  # fmt: skip
    extract = {"origin": "camledger", "size": len(leaves), "root": root_of(leaves).hex(), "entries": entries}
    return {"extracts": [extract], "absent": []}


@pytest.fixture
def made(tmp_path: Path) -> Contents:
    footage = []
    for number, (content, copy) in enumerate(
        [(ORIGINAL, copy_of(1, ORIGINAL)), (MARKED, copy_of(2, MARKED, "marked", ORIGINAL))]
    ):
        path = tmp_path / f"{number}.bin"
        path.write_bytes(content)
        name = f"footage/{copy.made.copy_number}.mp4"
        footage.append(Footage(copy=copy, path=path, name=name, event_id=UUID(int=100 + number)))
    return contents(submitted(), footage, logged(footage), "PEM", "spd-cctv-00000000-R1", NOW)


def zipped(made: Contents, target: Path) -> Path:
    stack, files = archive.opened(made)
    target.write_bytes(b"".join(archive.streamed(made, stack, files, NOW)))
    return target


def altered(bundle: Path, name: str, change: Callable[[bytes], bytes], *, listed: bool) -> Path:
    """Write the bundle again with one file changed; ``listed`` also mends the manifest, as a careful forger does."""
    with ZipFile(bundle) as archive_:
        files = {each: archive_.read(each) for each in archive_.namelist()}
    files[name] = change(files[name])
    if listed:
        manifest = json.loads(files["manifest.json"])
        for each in manifest["files"]:
            if each["name"] == name:
                each |= {"sha256": sha256(files[name]).hexdigest(), "size_bytes": len(files[name])}
        files["manifest.json"] = json.dumps(manifest).encode()
    target = bundle.with_name("altered.zip")
    with ZipFile(target, "w") as again:
        for each, content in files.items():
            again.writestr(each, content)
    return target


def faults(bundle: Path, root: str = "") -> str:
    return "\n".join(verify.check(verify.Bundle(bundle), root))


def test_a_stranger_runs_the_verifier_that_lies_in_the_bundle(made: Contents, tmp_path: Path) -> None:
    bundle = zipped(made, tmp_path / "bundle.zip")
    with ZipFile(bundle) as unpacked:
        unpacked.extractall(tmp_path / "unpacked")
    run = [sys.executable, "-I", "-S", str(tmp_path / "unpacked" / "verify.py")]
    for asked in ([str(bundle)], []):
        told = subprocess.run([*run, *asked], capture_output=True, text=True, check=False, env={})
        assert told.returncode == 0, told.stdout + told.stderr
        assert "2 copies, each with its lineage" in told.stdout
    (tmp_path / "unpacked" / made.footage[0].name).write_bytes(b"another")
    assert subprocess.run(run, capture_output=True, check=False, env={}).returncode == 1


def test_the_manifest_that_the_log_keeps_is_the_one_in_the_bundle(made: Contents, tmp_path: Path) -> None:
    with ZipFile(zipped(made, tmp_path / "bundle.zip")) as bundle:
        assert sha256(bundle.read("manifest.json")).digest() == made.digest
        assert "verify.py" in bundle.namelist()


def test_a_changed_byte_of_footage_is_named(made: Contents, tmp_path: Path) -> None:
    bundle = zipped(made, tmp_path / "bundle.zip")
    changed = altered(bundle, made.footage[0].name, lambda content: content[:-1] + b"!", listed=False)
    assert f"{made.footage[0].name} was changed" in faults(changed)


def test_other_footage_with_a_mended_manifest_fits_neither_lineage_nor_log(made: Contents, tmp_path: Path) -> None:
    bundle = zipped(made, tmp_path / "bundle.zip")
    assert "another hash than the manifest" in faults(
        altered(bundle, made.footage[0].name, lambda _: b"x", listed=True)
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'"derived_from": "', b'"derived_from": "00', "names no original"),
        (b'"form": "marked"', b'"form": "original"', "calls itself an original"),
        (b"00000000-1", b"00000000-9", "the log says copy_number"),
        (b'"spd-1"', b'"spd-2"', "the log says cameras"),
        (b'"footage_from": "2026-11-22', b'"footage_from": "2026-11-21', "the log says footage_from"),
        (b'"footage_to": "2026-11-22', b'"footage_to": "2026-11-23', "the log says footage_to"),
        (b'"made_at": "2026-11-22', b'"made_at": "2026-11-21', "the log says made_at"),
        (b'"made_by": "p-0021', b'"made_by": "p-0022', "the log says made_by"),
        (b'"applicant": "p-0021', b'"applicant": "p-0022', "the log says applicant"),
        (b'"provenance": "', b'"provenance": "00', "the log says provenance"),
        (b'"native_sha256": "', b'"native_sha256": "00', "the log says native_sha256"),
    ],
)
def test_a_forged_lineage_is_named(made: Contents, tmp_path: Path, old: bytes, new: bytes, said: str) -> None:
    bundle = zipped(made, tmp_path / "bundle.zip")
    assert said in faults(altered(bundle, "lineage.json", lambda content: content.replace(old, new), listed=True))


def test_a_forged_entry_of_the_log_leads_to_no_root(made: Contents, tmp_path: Path) -> None:
    bundle = zipped(made, tmp_path / "bundle.zip")
    forged = altered(bundle, "audit.json", lambda content: content.replace(b"00000000-2", b"00000000-7"), listed=True)
    assert "isn't in the log whose root is" in faults(forged)


def test_another_root_than_the_one_known_elsewhere_is_named(made: Contents, tmp_path: Path) -> None:
    bundle = zipped(made, tmp_path / "bundle.zip")
    root = json.loads(made.texts["audit.json"])["extracts"][0]["root"]
    assert faults(bundle, root.upper()) == ""
    assert "no extract of this bundle" in faults(bundle, "00" * 32)


def test_a_bundle_of_another_request_is_named(made: Contents, tmp_path: Path) -> None:
    def another(content: bytes) -> bytes:
        return content.replace(str(REQUEST).encode(), str(UUID(int=6)).encode())

    bundle = zipped(made, tmp_path / "bundle.zip")
    assert "the log says request_id" in faults(altered(bundle, "manifest.json", another, listed=False))


def test_a_true_extract_vouches_for_no_other_beside_it(made: Contents, tmp_path: Path) -> None:
    """Whoever knows the root asks whether all of this is of that log, and not whether something of it is."""

    def beside(content: bytes) -> bytes:
        audit = json.loads(content)
        forged = audit["extracts"][0] | {"root": leaf_hash(b"mine").hex(), "size": 1}
        forged["entries"] = [forged["entries"][0] | {"index": 0, "entry": "mine", "path": []}]
        return json.dumps(audit | {"extracts": [*audit["extracts"], forged]}).encode()

    root = json.loads(made.texts["audit.json"])["extracts"][0]["root"]
    bundle = zipped(made, tmp_path / "bundle.zip")
    changed = verify.Bundle(altered(bundle, "audit.json", beside, listed=True))
    told = list(verify.log_fits(json.loads(changed.read("audit.json")), root))
    assert [each.partition(":")[0] for each in told] == ["its extracts are of 2 logs"]


def test_what_is_asked_in_several_calls_leads_to_one_root() -> None:
    """The log grows between them: with a root for each, none that is known elsewhere would fit the bundle."""
    events = [str(UUID(int=number)) for number in range(EVENTS_A_CALL + 1)]
    with telling() as log:
        log.tells = {"/audit/proofs": {"origin": "o", "size": 7, "root": "ab" * 32, "entries": [], "absent": []}}
        asyncio.run(extract(Settings(analytics_url=log.url, service_token="t"), events, ()))
    assert [parse_qs(urlsplit(path).query).get("size") for path, _ in log.asked] == [None, ["7"]]


def test_a_name_that_stands_twice_in_the_archive_is_named(made: Contents, tmp_path: Path) -> None:
    bundle = zipped(made, tmp_path / "bundle.zip")
    with ZipFile(bundle) as archive_:
        files = {each: archive_.read(each) for each in archive_.namelist()}
    name = made.footage[0].name
    with ZipFile(tmp_path / "twice.zip", "w") as again:
        again.writestr(name, b"what another program opens")
        with pytest.warns(UserWarning, match="Duplicate name"):
            again.writestr(name, files.pop(name))
        for each, content in files.items():
            again.writestr(each, content)
    assert "there more than once" in faults(tmp_path / "twice.zip")


def test_a_file_more_or_less_is_named(made: Contents, tmp_path: Path) -> None:
    bundle = zipped(made, tmp_path / "bundle.zip")
    with ZipFile(bundle, "a") as more:
        more.writestr("footage/more.mp4", b"x")
    assert "footage/more.mp4 isn't in the manifest" in faults(bundle)


def test_a_copy_that_rotted_on_our_disk_is_never_handed_out_as_a_whole_bundle(made: Contents) -> None:
    made.footage[1].path.write_bytes(MARKED[:-1] + b"!")
    stack, files = archive.opened(made)
    sent = io.BytesIO()
    with pytest.raises(archive.CopyChanged):
        sent.writelines(archive.streamed(made, stack, files, NOW))
    with pytest.raises(Exception, match="zip"):
        ZipFile(sent)


def test_a_bundle_is_streamed_in_pieces_of_bounded_size(made: Contents, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(8 * archive.CHUNK))
    copy = copy_of(3, large.read_bytes())
    grown = replace(made, footage=[replace(made.footage[0], copy=copy, path=large)])
    stack, files = archive.opened(grown)
    sizes = [len(chunk) for chunk in archive.streamed(grown, stack, files, NOW)]
    assert max(sizes) < 2 * archive.CHUNK
    assert sum(sizes) > 8 * archive.CHUNK


def test_every_size_of_tree_is_walked_as_the_kernel_builds_it() -> None:
    for size in range(1, 34):
        texts = [f"entry {number}" for number in range(size)]
        leaves = [leaf_hash(each.encode()) for each in texts]
        for at in range(size):
            path = [one.hex() for one in inclusion_path(leaves, at)]
            entry = {"index": at, "entry": texts[at], "path": path}
            assert verify.included(entry, size, root_of(leaves)), (size, at)
            assert not verify.included(entry | {"entry": "other"}, size, root_of(leaves))
            assert not verify.included(entry | {"index": at + 1}, size, root_of(leaves))
