"""Is there sound in a part of a live picture? Asked where a policy lets nobody listen (SPD-05)."""

from __future__ import annotations

import io

import av
from av.error import FFmpegError

from services.kernel.policy import Pack, audio_treatment

# A fragment alone says nothing of its tracks: they stand in its head, which is looked at when it is asked for.
BOXES = (b"styp", b"moof", b"sidx", b"emsg", b"prft")


def is_silent(pack: Pack) -> bool:
    """Tell whether this policy wants no sound: its filing strips or refuses it."""
    return audio_treatment(pack) != "keep"


def has_sound(content: bytes) -> bool:
    """Tell whether a part carries sound; what can't be read might, so it does."""
    if content[4:8] in BOXES:
        return False
    try:
        with av.open(io.BytesIO(content), mode="r") as part:
            return bool(part.streams.audio) or not part.streams.video
    except (FFmpegError, ValueError):
        return True
