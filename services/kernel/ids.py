"""Identities that can be derived: the same fact gets the same id wherever and however often it is computed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

# Fixed for ever: every derived id on every log depends on it.
NAMESPACE = UUID("6f1f9d5e-3b0a-5c0e-9d1c-0c5a4be1ed9e")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def is_in_time(instant: datetime) -> bool:
    """Tell whether an instant lies where every zone and every sum of ours can follow it.

    At either end of the calendar another zone's clock, or an hour more, is no date any more.
    """
    return EARLIEST <= instant <= LATEST


def micros(instant: datetime) -> int:
    """Return whole microseconds since 1970 UTC; raises ValueError on a naive datetime."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} has no time zone: instants are UTC or carry an offset")
    return (instant - EPOCH) // timedelta(microseconds=1)


def from_micros(value: int) -> datetime:
    """Return the UTC instant of whole microseconds since 1970."""
    return EPOCH + timedelta(microseconds=value)


def event_id(stream_id: str, stream_version: int) -> UUID:
    """Return uuid5 of stream and version (RFC 9562 section 5.5), equal on every retry of the same append."""
    return uuid5(NAMESPACE, f"{stream_id}#{stream_version}")


def segment_id(camera_id: str, started_at: datetime, generation: int) -> UUID:
    """Return the id of one generation of the footage that a camera began at an instant."""
    return uuid5(NAMESPACE, segment_stream(camera_id, started_at, generation))


def segment_stream(camera_id: str, started_at: datetime, generation: int) -> str:
    """Return the stream of one segment generation: its events are numbered 1..n there."""
    return f"segment/{camera_id}/{micros(started_at)}/{generation}"


PROTECTION_LOG = "protection-log"
"""Stream id of ``hold.events``: its stream_version is the dense ``seq`` of the protocol."""
