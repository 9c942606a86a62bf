"""The life of one segment of footage, from arrival to receipt. Topic ``segment.events``, key camera_id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

Sha256 = NewType("Sha256", bytes)
"""32 bytes; a fixed in Avro."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRecorded:
    """Footage was stored, hashed and catalogued. Flat and without unions: the bulk path decodes it by the million."""

    camera_id: str
    started_at: datetime
    ended_at: datetime
    generation: int  # 1, or one more than the receipt that this camera and start already have
    retention_class: str
    size_bytes: int
    sha256: Sha256
    container: str
    codec: str
    width: int
    height: int
    has_audio: bool
    clock_source: str  # metadata, file_name, modification_time or attested
    source_id: str
    arrived_at: datetime
    recovery_from: datetime  # the recovery window may not end before this plus its length; 1970 = no such bound
    treatment: str  # what was done before storing: empty or audio_removed (SPD-05)
    location: str  # inside the store; unique for ever
    shift: str
    officer: str  # person id, empty where nobody wears the camera or nobody has filed it
    mask_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRefused:
    """Footage was not taken in (I9). ``source_path`` is as the source names it; the bytes stay at the source."""

    camera_id: str
    source_id: str
    source_path: str
    size_bytes: int
    sha256: str  # hex, empty if the bytes could not be read
    refusal: str  # the reason as a word: Truncated, UnknownCamera, AudioNotAllowed, ...
    explanation: str
    clause: str
    quarantined_at: str  # location in quarantine, or empty


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentReplicated:
    """A second copy was written and verified against the first, in both directions (NPA-05, NPA-08)."""

    camera_id: str
    started_at: datetime
    generation: int
    location: str
    sha256: Sha256
    verified_forward: bool
    verified_backward: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCleared:
    """A memory card was cleared, after the backup of what was on it had been verified (NPA-05)."""

    camera_id: str
    card_id: str
    segments: int
    cleared_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingGapFound:
    """No footage exists for an interval in which the camera should have recorded (NPA-02)."""

    camera_id: str
    gap_from: datetime
    gap_to: datetime
    found_by: str  # rule or person


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentTransferred:
    """A clip that shows a crime went to the secure evidence repository (SPD-06); our own copy still runs out."""

    camera_id: str
    started_at: datetime
    generation: int
    case_number: str
    repository_id: str
    sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class DestructionStarted:
    """C3: the point of no return. Delivered before the first byte goes (F9)."""

    camera_id: str
    started_at: datetime
    generation: int
    batch_id: UUID
    mark_seq: int  # position in the protection log up to which custody had read
    destroyable_from: datetime
    rule_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageAnswer:
    """What one storage location answered when asked after the deletion."""

    location: str
    answer: str  # absent
    asked_at: datetime
    what: str = "original"  # or replica
    versions: tuple[str, ...] = ()  # the store's own ids of what lay there and was deleted, where it keeps any


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """Bytes of destroyed footage that custody can't reach, and when they end there."""

    what: str  # transferred or backup
    where: str
    expires_at: datetime | None  # None: whoever has it keeps it by rules of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentDestroyed:
    """C5, the receipt: every location answered absent (NPA-12, I2)."""

    camera_id: str
    started_at: datetime
    ended_at: datetime
    generation: int
    batch_id: UUID
    retention_class: str
    sha256: Sha256
    size_bytes: int
    method: str
    place: str
    destroyed_at: datetime
    destroyed_by: str  # the rule and the custodian of record
    rule_ids: tuple[str, ...]
    kept_from: datetime
    destroyable_from: datetime
    destroy_by: datetime | None  # None: the policy states no maximum
    answers: tuple[StorageAnswer, ...]
    residuals: tuple[Residual, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageExhausted:
    """A store is full: ingest stops and says so; neither a hold nor a minimum yields (I3)."""

    camera_id: str
    store: str
    free_bytes: int
    needed_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageRecovered:
    """A store that was exhausted took footage again."""

    camera_id: str
    store: str
    exhausted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceFound:
    """Catalog and storage differ. Said once for each difference, and again only if it was mended in between."""

    camera_id: str
    started_at: datetime
    generation: int
    location: str
    difference: str  # a word of services.ingest.catalog.differences, for example missing_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceMended:
    """A difference is no more."""

    camera_id: str
    started_at: datetime
    generation: int
    location: str
    difference: str
    how: str  # found_mended, or destroyed_again: under the receipt that the footage has
