"""Copies made from copies: one with a visible mark, or one that the custodian redacted. Each is linked to its original.

The picture is encoded anew, so what they are made from keeps its own number, hash and signature.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from services.access.footage import Clip
from services.access.provenance.claims import MARKED, ORIGINAL, REDACTED, Claim, lines
from services.access.provenance.unfit import Unfit
from services.access.refusals import AccessRefusal, Forbidden, NotEntitled, Unusable
from services.access.requests import listing
from services.access.requests.file import Copy, RequestFile, RequestState
from services.access.requests.packs import pack_of
from services.access.viewing import copy_files, store
from services.access.viewing.copies import Made, label, lying, must_be_later, record
from services.access.viewing.copy_files import TooLarge, Written, measured, new_file
from services.access.viewing.decider import COPY, granted
from services.access.viewing.workshop import Parent, Workshop, with_provenance
from services.kernel.batches import keys
from services.runtime.identity import Person

REDACTORS: Final = frozenset({"custodian", "system_manager", "records_unit"})
REDACTED_BYTES_MAX: Final = 4 * 1024**3
# A redaction takes away or blurs; it adds no footage. Encoders round the last picture.
LONGER_AT_MOST_MS: Final = 1_000
# Which containers a declared type stands for, by the words of the library that read the file.
DECLARED: Final = {
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/x-matroska": "matroska",
    "video/webm": "webm",
    "video/avi": "avi",
    "video/x-msvideo": "avi",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The copy that something is made from, its file and bytes."""

    file: RequestFile
    copy: Copy
    path: Path
    container: str

    @property
    def clip(self) -> Clip:
        """Return the recording that the copy shows, as the policy judges it."""
        made = self.copy.made
        (key,) = keys(made.footage)
        return Clip(
            camera_id=key.camera_id,
            started_at=key.started_at,
            ended_at=made.footage_to,
            generation=key.generation,
            state="kept",
            retention_class="",
            mask_version="",
            container=self.container,
            sha256="",
            size_bytes=made.size_bytes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it comes in: its bytes, the type that it claims, and why it was redacted."""

    body: AsyncIterable[bytes]
    declared: str
    why: str


async def mark(shop: Workshop, who: Person, copy_id: UUID, return_by: datetime | None) -> Copy:
    """Make a copy with the applicant's pseudonym and the request's number in every picture."""
    async with shop.engine.connect() as tx:
        file = await listing.load(tx, shop.desk.codec, await store.request_of_copy(tx, copy_id))
        granted(file, who.person_id, COPY, await shop.desk.clock(tx))
        must_be_later(return_by, await shop.desk.clock(tx))
        origin = _original(file, *await lying(tx, shop.engine, shop.desk, file, copy_id))
    async with copy_files.writing(shop.settings):
        claim = _claim(shop, origin, MARKED)
        written = await _drawn(shop, origin, claim)
        return await _linked(shop, who, origin, written, claim, return_by=return_by)


async def redact(shop: Workshop, who: Person, copy_id: UUID, upload: Upload) -> Copy:
    """Take in a copy that the custodian has redacted elsewhere: who, why, its hash and its link are on the log."""
    async with shop.engine.connect() as tx:
        file = await listing.load(tx, shop.desk.codec, await store.request_of_copy(tx, copy_id))
        _must_be_redactor(file, who)
        if not upload.why.strip():
            raise Unusable("the redaction has no reason", rule="copy.redact", remedy="state why: /redacted?why=...")
        origin = _original(file, *await lying(tx, shop.engine, shop.desk, file, copy_id))
    async with copy_files.writing(shop.settings):
        written = await _received(shop, origin, upload)
        return await _linked(shop, who, origin, written, _claim(shop, origin, REDACTED), why=upload.why)


async def _drawn(shop: Workshop, origin: Origin, claim: Claim) -> Written:
    path = new_file(shop.settings)
    try:
        await shop.studio.mark(origin.path, path, lines(claim))
    except Unfit as unfit:
        raise Unusable(
            f"copy {origin.copy.made.copy_number} can't be marked: {unfit}",
            rule="copy.mark",
            remedy="it is handed out as it was recorded, with its number and hash",
            word="NotMarkable",
        ) from unfit
    return await _lies(origin, path, "mp4")


async def _received(shop: Workshop, origin: Origin, upload: Upload) -> Written:
    path = new_file(shop.settings)
    try:
        await copy_files.keep(path, upload.body, REDACTED_BYTES_MAX)
        seen = await shop.studio.look(path)
    except TooLarge as wrong:
        raise _no_redaction(f"it has more than {wrong} bytes", f"檔案超過 {wrong} 位元組") from wrong
    except Unfit as wrong:
        raise _no_redaction(str(wrong), "檔案並非可解讀之影片") from wrong
    _must_fit(origin, seen, upload.declared)
    written = await _lies(origin, path, str(seen["container"]))
    if written.native_sha256 in (origin.copy.made.sha256.hex(), origin.copy.made.native_sha256):
        raise _no_redaction("it is the original itself, byte for byte", "與原件完全相同，未經遮蔽")
    return written


async def _lies(origin: Origin, path: Path, container: str) -> Written:
    digest, size = await asyncio.to_thread(measured, path)
    made = origin.copy.made
    return Written(
        clip=replace(origin.clip, container=container),
        part=(made.footage_from, made.footage_to),
        path=path,
        sha256=digest,
        size_bytes=size,
        native_sha256=digest.hex(),
    )


async def _linked(
    shop: Workshop,
    who: Person,
    origin: Origin,
    written: Written,
    claim: Claim,
    *,
    return_by: datetime | None = None,
    why: str = "",
) -> Copy:
    parent = Parent(path=origin.path, copy_number=origin.copy.made.copy_number)
    claim = replace(claim, native_sha256=written.native_sha256)
    signed = await with_provenance(shop, written, claim, parent)
    made = Made(
        written=signed,
        label=claim.copy_number,
        return_by=return_by,
        form=claim.form,
        derived_from=origin.copy.made.sha256.hex(),
        why=why,
    )
    (copy,) = await record(shop, who, origin.file, [made])
    return copy


def _claim(shop: Workshop, origin: Origin, form: str) -> Claim:
    made, file = origin.copy.made, origin.file
    return Claim(
        form=form,
        request_id=file.request_id,
        copy_number=label(pack_of(shop.desk, file), file.request_id, len(file.copies) + 1),
        applicant=made.person,
        camera_id=origin.clip.camera_id,
        footage_from=made.footage_from,
        footage_to=made.footage_to,
        native_sha256="",
        segment_sha256="",
    )


def _original(file: RequestFile, copy: Copy, path: Path, container: str) -> Origin:
    if copy.made.form != ORIGINAL:
        raise AccessRefusal(
            f"copy {copy.made.copy_number} is {copy.made.form} itself",
            rule="copy.derivative",
            remedy="name the original: what is made from it is linked to it alone",
            word="NotAnOriginal",
        )
    return Origin(file=file, copy=copy, path=path, container=container)


def _must_be_redactor(file: RequestFile, who: Person) -> None:
    assert file.submitted is not None
    if not who.roles & REDACTORS or who.person_id == file.submitted.requester:
        raise NotEntitled(
            f"{who.person_id} may not redact a copy of request {file.request_id}",
            rule="copy.redact",
            remedy=f"a person with one of {', '.join(sorted(REDACTORS))} does, who didn't ask for the copy",
            roles=REDACTORS,
        )
    if file.state is not RequestState.GRANTED:
        raise Forbidden(f"request {file.request_id} is {file.state}, not granted", rule="access.grant", word="NoGrant")


def _must_fit(origin: Origin, seen: dict[str, object], declared: str) -> None:
    sort = DECLARED.get(declared.partition(";")[0].strip().lower())
    if sort is not None and sort not in str(seen["container"]).split(","):
        shown = f"{declared[:60]} / {seen['container']}"
        raise _no_redaction(
            f"it was declared as {declared[:60]} and is {seen['container']}", f"檔案格式與宣告不符：{shown}"
        )
    made = origin.copy.made
    most = round((made.footage_to - made.footage_from).total_seconds() * 1000) + LONGER_AT_MOST_MS
    length = seen["milliseconds"]
    assert isinstance(length, int)
    if length > most:
        seconds = f"{length / 1000:g}"
        raise _no_redaction(f"it lasts {seconds} s, longer than its original", f"長度 {seconds} 秒，長於原件")


def _no_redaction(said: str, in_chinese: str) -> Unusable:
    return Unusable(
        f"this is no redacted copy: {said}",
        rule="copy.redact",
        remedy="hand in the original with parts of it made unrecognisable, as MP4, Matroska or AVI",
        message={"en": f"The file was looked at: {said}.", "zh-Hant": f"檢查結果：{in_chinese}。"},
        word="NotARedaction",
    )
