"""Might there be sound in a part of a live picture? Asked where a policy lets nobody listen (SPD-05).

Read from what a part says of its own tracks, without a decoder: bytes of strangers are opened by none of our processes
that decide. Only what is known to be a picture is one; everything else might be sound.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.kernel.policy import Pack, audio_treatment

PACKET, SYNC, BOX_HEAD, MAP_HEAD = 188, 0x47, 8, 12
# Stream types of ISO/IEC 13818-1 that are video: MPEG-1, MPEG-2, MPEG-4 part 2, H.264, H.265, H.266.
PICTURES: Final = frozenset({0x01, 0x02, 0x10, 0x1B, 0x24, 0x33})
PROGRAMMES, MAPPED = 0x00, 0x02
# A fragment alone says nothing of its tracks: they stand in its head, which is looked at when it is asked for.
FRAGMENTS: Final = frozenset({b"styp", b"moof", b"sidx", b"emsg", b"prft"})
INSIDE: Final = frozenset({b"moov", b"trak", b"mdia"})


def is_silent(pack: Pack) -> bool:
    """Tell whether this policy wants no sound: its filing strips or refuses it."""
    return audio_treatment(pack) != "keep"


def has_sound(content: bytes) -> bool:
    """Tell whether a part may carry sound."""
    if content[:1] == bytes([SYNC]):
        kinds = list(_stream_types(content))
        return not kinds or not PICTURES.issuperset(kinds)
    if content[4:8] in FRAGMENTS:
        return False
    handlers = list(_handlers(content))
    return not handlers or set(handlers) != {b"vide"}


def _stream_types(content: bytes) -> Iterator[int]:
    """Yield the type of every stream that a transport stream's tables name; -1 for a table that can't be read."""
    maps: set[int] = set()
    for start in range(0, len(content) - PACKET + 1, PACKET):
        packet = content[start : start + PACKET]
        pid = (packet[1] & 0x1F) << 8 | packet[2]
        if packet[0] != SYNC:
            yield -1
            return
        if (pid == 0 or pid in maps) and packet[1] & 0x40:
            table = _table(packet)
            if pid == 0 and table[:1] == bytes([PROGRAMMES]):
                maps |= {(table[at + 2] & 0x1F) << 8 | table[at + 3] for at in range(8, len(table) - 7, 4)}
            elif pid in maps and table[:1] == bytes([MAPPED]):
                yield from _mapped(table)
            elif not table:
                yield -1


def _table(packet: bytes) -> bytes:
    """Return the section that begins in a packet, b"" if it isn't all there: the tables of one picture are short."""
    begins = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
    begins += 1 + packet[begins] if begins < PACKET else 0
    if begins + 3 > PACKET:
        return b""
    length = 3 + ((packet[begins + 1] & 0x0F) << 8 | packet[begins + 2])
    return packet[begins : begins + length] if begins + length <= PACKET else b""


def _mapped(table: bytes) -> Iterator[int]:
    at = MAP_HEAD + ((table[10] & 0x0F) << 8 | table[11]) if len(table) > MAP_HEAD else len(table)
    while at + 5 <= len(table) - 4:
        yield table[at]
        at += 5 + ((table[at + 3] & 0x0F) << 8 | table[at + 4])


def _handlers(content: bytes, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Yield the handler of every track of a head; b"?" for boxes that can't be read."""
    end = len(content) if end is None else end
    while start + BOX_HEAD <= end:
        size, name = int.from_bytes(content[start : start + 4]), content[start + 4 : start + 8]
        if size < BOX_HEAD or start + size > end:
            yield b"?"
            return
        if name in INSIDE:
            yield from _handlers(content, start + BOX_HEAD, start + size)
        elif name == b"hdlr":
            yield content[start + 16 : start + 20]
        start += size
