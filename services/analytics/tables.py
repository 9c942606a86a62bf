"""Tables of analytics. All but the live windows are projections: rebuilt from the log with equal digests."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.runtime.tables import metadata_for

METADATA = metadata_for("analytics")

_INSTANT = DateTime(timezone=True)

camera = Table(
    "camera",
    METADATA,
    Column("camera_id", Text, primary_key=True),
    Column("kind", Text),
    Column("agency", Text),
    Column("area", Text),
    Column("device_owner", Text),
    Column("retired_at", _INSTANT),
    Column("version", BigInteger),
)

segment = Table(
    "segment",
    METADATA,
    Column("camera_id", Text, primary_key=True),
    Column("started_at", _INSTANT, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("ended_at", _INSTANT),
    Column("retention_class", Text),
    Column("size_bytes", BigInteger),
    Column("sha256", LargeBinary),
    Column("location", Text),
    Column("officer", Text),
    Column("shift", Text),
    Column("has_audio", Boolean),
    Column("clock_source", Text),
    Column("stored_at", _INSTANT),
    Column("stored_event", Uuid),
    Column("policy_version", Text),
    Column("replicated_at", _INSTANT),
    Column("destroying_at", _INSTANT),
    Column("destroyed_at", _INSTANT),
    Column("destroyed_by", Text),
    Column("destruction_method", Text),
    Column("destruction_rules", ARRAY(Text)),
    Column("destruction_policy", Text),
    Column("destroy_by", _INSTANT),
    Column("receipt_event", Uuid),
    Column("transferred_at", _INSTANT),
    Column("transfer_case", Text),
    Column("transfer_repository", Text),
    Index("segment_started_at", "started_at"),
    Index("segment_stored_at", "stored_at"),
    Index("segment_destroyed_at", "destroyed_at"),
)

# What a certificate says of a destruction beyond the register's line: the mark, and what the storage answered.
destruction = Table(
    "destruction",
    METADATA,
    Column("camera_id", Text, primary_key=True),
    Column("started_at", _INSTANT, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("marked_at", _INSTANT),
    Column("mark_event", Uuid),
    Column("mark_seq", BigInteger),
    Column("mark_batch", Uuid),
    Column("mark_policy", Text),
    Column("mark_rules", ARRAY(Text)),
    Column("cleared_event", Text),
    Column("free_from", _INSTANT),
    Column("place", Text),
    Column("answers", JSONB),
)

policy_force = Table(
    "policy_force",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("policy_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("binding_from", _INSTANT, nullable=False),
    Column("shortens", Boolean, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Column("event_id", Uuid, nullable=False),
)

shift = Table(
    "shift",
    METADATA,
    Column("device_id", Text, primary_key=True),
    Column("shift", Text, primary_key=True),
    Column("officer", Text),
    Column("shift_from", _INSTANT),
    Column("shift_to", _INSTANT),
    Column("incidents", ARRAY(Text)),
    Column("version", BigInteger),
)

request = Table(
    "request",
    METADATA,
    Column("request_id", Uuid, primary_key=True),
    Column("policy_id", Text),
    Column("policy_version", Text),
    Column("kind", Text),
    Column("action", Text),
    Column("requester", Text),
    Column("requester_class", Text),
    Column("unit", Text),
    Column("title", Text),
    Column("on_behalf_of", Text),
    Column("duty_item", Text),
    Column("cause", Text),
    Column("purpose", Text),
    Column("legal_basis", Text),
    Column("statute", Text),
    Column("use", Text),
    Column("ground", Text),
    Column("reference", Text),
    Column("case_number", Text),
    Column("asked_time", Text),
    Column("cameras", ARRAY(Text)),
    Column("scope", JSONB),
    Column("footage_from", _INSTANT),
    Column("footage_to", _INSTANT),
    Column("chain", Text),
    Column("submitted_at", _INSTANT),
    Column("term_ends_at", _INSTANT),
    Column("routed_to", Text),
    Column("routed_at", _INSTANT),
    Column("granted_at", _INSTANT),
    Column("grant_version", Integer),
    Column("valid_until", _INSTANT),
    Column("refused_at", _INSTANT),
    Column("refusal", Text),
    Column("refusal_clauses", ARRAY(Text)),
    Column("withdrawn_at", _INSTANT),
    Column("closed_at", _INSTANT),
    Column("outcome", Text),
    Index("request_submitted_at", "submitted_at"),
)

request_step = Table(
    "request_step",
    METADATA,
    Column("event_id", Uuid, primary_key=True),
    Column("request_id", Uuid, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("step", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Index("request_step_request", "request_id", "version"),
)

access_act = Table(
    "access_act",
    METADATA,
    Column("act_id", Uuid, primary_key=True),
    Column("act", Text),
    Column("request_id", Text),
    Column("viewing_id", Uuid),
    Column("person", Text),
    Column("address", Text),
    Column("at", _INSTANT),
    Column("project", Text),
    Column("purpose", Text),
    Column("legal_basis", Text),
    Column("cameras", ARRAY(Text)),
    Column("footage_from", _INSTANT),
    Column("footage_to", _INSTANT),
    Column("copy_number", Text),
    Column("sha256", LargeBinary),
    Column("bytes", BigInteger),
    Column("ended_at", _INSTANT),
    Column("signed_at", _INSTANT),
    Column("signed_by", Text),
    Column("signed_as", Text),
    Column("result_of", Text),
    Column("return_by", _INSTANT),
    Column("returned_at", _INSTANT),
    Column("returned_how", Text),
    Column("refusal", Text),
    Column("clauses", ARRAY(Text)),
    Index("access_act_at", "at"),
    Index("access_act_request", "request_id"),
)

viewing = Table(
    "viewing",
    METADATA,
    Column("viewing_id", Uuid, primary_key=True),
    Column("agreed_time", _INSTANT),
    Column("accompanied_by", Text),
    Column("ranges", BigInteger),
    Column("bytes", BigInteger),
    Column("ended_at", _INSTANT),
)

protection_line = Table(
    "protection_line",
    METADATA,
    Column("hold_id", Uuid, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("line", Text, nullable=False),
    Column("kind", Text),
    Column("hold_kind", Text),
    Column("request_id", Text),
    Column("cameras", ARRAY(Text)),
    Column("area", Text),
    Column("officer", Text),
    Column("incident", Text),
    Column("starts_at", _INSTANT),
    Column("ends_at", _INSTANT),
    Column("review_by", _INSTANT),
    Column("protects_until", _INSTANT),
    Column("at", _INSTANT, nullable=False),
)

hold_answer = Table(
    "hold_answer",
    METADATA,
    Column("hold_id", Uuid, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("effective_at", _INSTANT, nullable=False),
    Column("secured", BigInteger, nullable=False),
    Column("destroying", BigInteger, nullable=False),
    Column("gone", BigInteger, nullable=False),
)

overdue = Table(
    "overdue",
    METADATA,
    Column("camera_id", Text, primary_key=True),
    Column("started_at", _INSTANT, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("found_at", _INSTANT, nullable=False),
)

refusal = Table(
    "refusal",
    METADATA,
    Column("event_id", Uuid, primary_key=True),
    Column("what", Text, nullable=False),
    Column("camera_id", Text, nullable=False),
    Column("refusal", Text, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Index("refusal_at", "at"),
)

difference = Table(
    "difference",
    METADATA,
    Column("event_id", Uuid, primary_key=True),
    Column("camera_id", Text, nullable=False),
    Column("started_at", _INSTANT, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("difference", Text, nullable=False),
    Column("found_at", _INSTANT, nullable=False),
)

audit_log = Table(
    "audit_log",
    METADATA,
    Column("origin", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("peaks", ARRAY(LargeBinary), nullable=False),
    Column("root", LargeBinary, nullable=False),
)

audit_entry = Table(
    "audit_entry",
    METADATA,
    Column("origin", Text, primary_key=True),
    Column("index", BigInteger, primary_key=True),
    Column("subject_event_id", Uuid, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("entry", LargeBinary, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Index("audit_entry_subject", "origin", "subject_event_id", unique=True),
)

live_event = Table(
    "live_event",
    METADATA,
    Column("event_id", Uuid, primary_key=True),
    Column("what", Text, nullable=False),
    Column("camera_id", Text, nullable=False),
    Column("begins_at", _INSTANT, nullable=False),
    Index("live_event_window", "what", "camera_id", "begins_at"),
)

live_window = Table(
    "live_window",
    METADATA,
    Column("what", Text, primary_key=True),
    Column("camera_id", Text, primary_key=True),
    Column("begins_at", _INSTANT, primary_key=True),
    Column("events", BigInteger, nullable=False),
    Index("live_window_begins_at", "begins_at"),
)

live_worker = Table(
    "live_worker",
    METADATA,
    Column("worker", Text, primary_key=True),
    Column("beat_at", _INSTANT, nullable=False),
    Column("lag", BigInteger, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("rss_bytes", BigInteger, nullable=False),
)
