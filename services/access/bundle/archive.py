"""A bundle as a ZIP that is written while it is read: never whole in memory, never on disk. Nothing is compressed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from hashlib import sha256
from typing import BinaryIO, Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from services.access.bundle.contents import Contents, Footage
from services.access.bundle.verify import MANIFEST
from services.runtime.logs import logger

CHUNK: Final = 256 * 1024
MODE: Final = 0o100644 << 16


class CopyChanged(RuntimeError):
    """The bytes on our disk aren't those that the log knows: the stream ends in the middle, and no reader takes it."""


class _Sink:
    """What ZipFile writes to; it can't go back, so it never asks for more than a chunk."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, content: bytes) -> int:
        self._written.append(bytes(content))
        return len(content)

    def flush(self) -> None:
        """Nothing waits here."""

    def taken(self) -> bytes:
        content, self._written = b"".join(self._written), []
        return content


def opened(contents: Contents) -> tuple[ExitStack, dict[str, BinaryIO]]:
    """Open every copy before the first byte leaves: what falls due meanwhile is read to its end all the same."""
    stack = ExitStack()
    try:
        return stack, {each.name: stack.enter_context(each.path.open("rb")) for each in contents.footage}
    except BaseException:
        stack.close()
        raise


def streamed(contents: Contents, stack: ExitStack, files: Mapping[str, BinaryIO], at: datetime) -> Iterator[bytes]:
    """Yield the ZIP. Raises CopyChanged in the middle if a copy isn't what the log says."""
    sink = _Sink()
    with stack, ZipFile(sink, "w", ZIP_STORED) as archive:  # type: ignore[call-overload] # a sink that only takes
        yield from _text(archive, sink, MANIFEST, contents.manifest, at)
        for name, content in contents.texts.items():
            yield from _text(archive, sink, name, content, at)
        for each in contents.footage:
            yield from _copy(archive, sink, each, files[each.name], at)
    yield sink.taken()


def _text(archive: ZipFile, sink: _Sink, name: str, content: bytes, at: datetime) -> Iterator[bytes]:
    archive.writestr(_named(name, at), content)
    yield sink.taken()


def _copy(archive: ZipFile, sink: _Sink, each: Footage, file: BinaryIO, at: datetime) -> Iterator[bytes]:
    digest = sha256()
    with archive.open(_named(each.name, at), "w", force_zip64=True) as entry:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            entry.write(chunk)
            yield sink.taken()
    if digest.digest() != each.copy.made.sha256:
        logger().error("bundle.copy_changed", copy=each.copy.made.copy_number)
        raise CopyChanged(each.copy.made.copy_number)


def _named(name: str, at: datetime) -> ZipInfo:
    info = ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))
    info.external_attr = MODE
    return info
