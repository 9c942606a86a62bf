"""A log as files: per topic one file of records, each with its length before it, exactly as the broker had them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from services.kernel.envelope import Recorded
from services.runtime.codec import RECORD_BYTES_MAX, Codec, Undecodable
from services.runtime.kafka_read import read_to_end
from services.runtime.settings import Settings

SUFFIX: Final = ".records"
LENGTH: Final = struct.Struct(">I")


class FolderBroken(ValueError):
    """The folder isn't an exported log, or a file of it is cut off; the message names it and the position."""


def export(settings: Settings, codec: Codec, topics: Iterable[str], folder: Path) -> dict[str, int]:
    """Write topics into a folder as they stand now; return the records of each. Raises as ``read_to_end``."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for topic in topics:
        with (folder / f"{topic}{SUFFIX}").open("wb") as file:
            written[topic] = _write(file, (record.raw for record in read_to_end(settings, topic, codec)))
    return written


def append(folder: Path, topic: str, values: Iterable[bytes]) -> int:
    """Append encoded records to a topic's file; return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{topic}{SUFFIX}").open("ab") as file:
        return _write(file, values)


def records(folder: Path, topic: str, codec: Codec) -> Iterator[Recorded]:
    """Yield a topic's records in their order. Raises FolderBroken for what can't be read: nothing is passed over."""
    path = folder / f"{topic}{SUFFIX}"
    if not path.is_file():
        raise FolderBroken(f"{path} isn't there: is {folder} a log that `camledger policy export-log` wrote?")
    with path.open("rb") as file:
        while head := file.read(LENGTH.size):
            yield _next(file, head, topic, path, codec)


def _next(file: BinaryIO, head: bytes, topic: str, path: Path, codec: Codec) -> Recorded:
    at = file.tell() - len(head)
    length = LENGTH.unpack(head)[0] if len(head) == LENGTH.size else RECORD_BYTES_MAX + 1
    value = file.read(length) if length <= RECORD_BYTES_MAX else b""
    if len(value) != length:
        raise FolderBroken(f"{path}: no whole record at byte {at}: export the log again")
    try:
        return codec.decode(value, topic)
    except Undecodable as error:
        raise FolderBroken(f"{path}: the record at byte {at} can't be read: {error}") from error


def _write(file: BinaryIO, values: Iterable[bytes]) -> int:
    count = 0
    for count, value in enumerate(values, start=1):  # noqa: B007 - the last count is the answer
        file.write(LENGTH.pack(len(value)) + value)
    return count
