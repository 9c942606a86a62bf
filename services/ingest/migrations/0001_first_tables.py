"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
PHASE = "expand"

# As it was at this revision; tables.py has the view as it is.
ARRAYS = ("offsets_us", "durations_us", "sizes", "arrived_us", "recorded_us", "recovery_us", "sha256")
VIEWS = (
    """
create view segment as
select h.camera_id, h.hour, h.hour * 3600000000::bigint + u.o as started_us,
       h.hour * 3600000000::bigint + u.o + u.d as ended_us, h.generation,
       a.retention_class, u.s as size_bytes, substr(h.sha256, (32 * u.i - 31)::int, 32) as sha256,
       a.container, a.codec, a.width, a.height, a.has_audio, a.clock_source, a.source_id, a.treatment,
       a.shift, a.officer, a.mask_version, u.ar as arrived_us, u.re as recorded_us, u.rc as recovery_us,
       h.folder || u.n as location
  from segment_hour h
  join segment_attr a using (attr_id),
       lateral unnest(h.offsets_us, h.durations_us, h.sizes, h.arrived_us, h.recorded_us, h.recovery_us, h.names)
               with ordinality as u(o, d, s, ar, re, rc, n, i)
union all
select s.camera_id, s.hour, s.started_us, s.ended_us, s.generation,
       a.retention_class, s.size_bytes, s.sha256,
       a.container, a.codec, a.width, a.height, a.has_audio, a.clock_source, a.source_id, a.treatment,
       a.shift, a.officer, a.mask_version, s.arrived_us, s.recorded_us, s.recovery_us, s.location
  from segment_hot s
  join segment_attr a using (attr_id)
""",
)


def upgrade() -> None:
    op.create_table(
        "batch",
        sa.Column("batch_id", sa.UUID(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("start_id", sa.UUID(), nullable=False),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("batch_pkey")),
    )
    op.create_index("batch_open", "batch", ["seq"], unique=False, postgresql_where=sa.text("closed_at is null"))
    op.create_table(
        "batch_line",
        sa.Column("batch_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("offsets_us", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("batch_id", "position", name=op.f("batch_line_pkey")),
    )
    op.create_table(
        "blocked_key",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "topic", "key", name=op.f("blocked_key_pkey")),
    )
    op.create_table(
        "camera",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("place", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("direction", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("mask_areas", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("device_owner", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("field_values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("registered_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("retired_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("camera_pkey")),
    )
    op.create_table(
        "camera_note",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("camera_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("camera_note_pkey")),
    )
    op.create_table(
        "camera_place",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("from_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("area", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("place", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("direction", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "from_us", name=op.f("camera_place_pkey")),
    )
    op.create_table(
        "consumer_offset",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column(
            "next_offset", sa.BigInteger(), nullable=False, comment="The next record to read, not the last one read."
        ),
        sa.PrimaryKeyConstraint("consumer", "topic", "partition", name=op.f("consumer_offset_pkey")),
    )
    op.create_table(
        "custody_position",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("log_offset", sa.BigInteger(), nullable=False),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("reloads", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("one", name=op.f("custody_position_pkey")),
    )
    op.create_table(
        "custody_start",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start_id", sa.UUID(), nullable=False),
        sa.Column("gate_offset", sa.BigInteger(), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("one", name=op.f("custody_start_pkey")),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="bad, or parked behind a bad one of its key"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome", sa.Text(), server_default="", nullable=False, comment="retried or discarded; empty while open"
        ),
        sa.Column("settled_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("dead_letter_pkey")),
        sa.UniqueConstraint(
            "consumer", "topic", "partition", "offset", name=op.f("dead_letter_consumer_topic_partition_offset_key")
        ),
    )
    op.create_index(
        op.f("dead_letter_consumer_topic_key_idx"), "dead_letter", ["consumer", "topic", "key"], unique=False
    )
    op.create_table(
        "destruction_due",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("started_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "started_us", "generation", name=op.f("destruction_due_pkey")),
    )
    op.create_table(
        "gap",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("from_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("found_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "from_us", name=op.f("gap_pkey")),
    )
    op.create_table(
        "hold_answer",
        sa.Column("hold_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hold_id", "version", name=op.f("hold_answer_pkey")),
    )
    op.create_table(
        "intake_journal",
        sa.Column("intake_id", sa.UUID(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("segment", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("begun_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("intake_id", name=op.f("intake_journal_pkey")),
        sa.UniqueConstraint("location", name=op.f("intake_journal_location_key")),
    )
    op.create_table(
        "mask",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("mask_version", sa.Text(), nullable=False),
        sa.Column("areas", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("valid_from", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("attested_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "mask_version", name=op.f("mask_pkey")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True, cache=1), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_pkey")),
    )
    op.create_table(
        "parked",
        sa.Column("parked_id", sa.Text(), nullable=False),
        sa.Column("hold_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("log_offset", sa.BigInteger(), nullable=False),
        sa.Column("scope", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("proposed_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("how", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("settled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("parked_id", name=op.f("parked_pkey")),
    )
    op.create_index(
        "parked_open", "parked", ["log_offset"], unique=False, postgresql_where=sa.text("settled_at is null")
    )
    op.create_table(
        "programme_end",
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("policy_id", name=op.f("programme_end_pkey")),
    )
    op.create_table(
        "protection_log",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_offset", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("protection_log_pkey")),
    )
    op.create_table(
        "refusal",
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("camera_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("refusal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", name=op.f("refusal_pkey")),
    )
    op.create_table(
        "replica_due",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("started_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "started_us", "generation", name=op.f("replica_due_pkey")),
    )
    op.create_table(
        "segment_attr",
        sa.Column("attr_id", sa.Integer(), nullable=False),
        sa.Column("retention_class", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("container", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("codec", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("clock_source", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("source_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("treatment", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("shift", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("officer", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("mask_version", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("has_audio", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("attr_id", name=op.f("segment_attr_pkey")),
    )
    op.create_index(
        "segment_attr_once",
        "segment_attr",
        [
            "retention_class",
            "container",
            "codec",
            "clock_source",
            "source_id",
            "treatment",
            "shift",
            "officer",
            "mask_version",
            "width",
            "height",
            "has_audio",
        ],
        unique=True,
    )
    op.create_table(
        "segment_copy",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("started_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "started_us", "generation", "location", name=op.f("segment_copy_pkey")),
    )
    op.create_table(
        "segment_hot",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("started_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("attr_id", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("arrived_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recovery_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "started_us", "generation", name=op.f("segment_hot_pkey")),
    )
    op.create_index("segment_hot_hour", "segment_hot", ["hour"], unique=False)
    op.create_table(
        "segment_hour",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chunk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("attr_id", sa.Integer(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("offsets_us", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("durations_us", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("sizes", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("arrived_us", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("recorded_us", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("recovery_us", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("names", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "hour", "generation", "chunk", name=op.f("segment_hour_pkey")),
    )
    op.create_table(
        "segment_state",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("started_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.UUID(), nullable=True),
        sa.Column("mark_seq", sa.BigInteger(), nullable=False),
        sa.Column("destroyable_from", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("receipt", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("camera_id", "started_us", "generation", name=op.f("segment_state_pkey")),
    )
    op.create_index(
        "segment_state_destroying",
        "segment_state",
        ["camera_id"],
        unique=False,
        postgresql_where=sa.text("state = 'destroying'"),
    )
    op.create_table(
        "shift",
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("shift", sa.Text(), nullable=False),
        sa.Column("officer", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("from_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("incidents", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "shift", name=op.f("shift_pkey")),
    )
    op.create_table(
        "store_state",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("exhausted_since", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("store", name=op.f("store_state_pkey")),
    )
    op.create_table(
        "stream",
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", name=op.f("stream_pkey")),
    )
    op.create_table(
        "takeover",
        sa.Column("takeover_id", sa.Text(), nullable=False),
        sa.Column("camera_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("source", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("footage_from", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("footage_to", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("attested_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("recovery_waived_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("takeover_id", name=op.f("takeover_pkey")),
    )
    for view in VIEWS:
        op.execute(view)
    for array in ARRAYS:
        # Hashes don't compress and small numbers hardly do: no attempt, no CPU.
        op.execute(f"alter table segment_hour alter column {array} set storage external")


def downgrade() -> None:
    op.execute("drop view segment")
    op.drop_table("takeover")
    op.drop_table("stream")
    op.drop_table("store_state")
    op.drop_table("shift")
    op.drop_index(
        "segment_state_destroying", table_name="segment_state", postgresql_where=sa.text("state = 'destroying'")
    )
    op.drop_table("segment_state")
    op.drop_table("segment_hour")
    op.drop_index("segment_hot_hour", table_name="segment_hot")
    op.drop_table("segment_hot")
    op.drop_table("segment_copy")
    op.drop_index("segment_attr_once", table_name="segment_attr")
    op.drop_table("segment_attr")
    op.drop_table("replica_due")
    op.drop_table("refusal")
    op.drop_table("protection_log")
    op.drop_table("programme_end")
    op.drop_index("parked_open", table_name="parked", postgresql_where=sa.text("settled_at is null"))
    op.drop_table("parked")
    op.drop_table("outbox")
    op.drop_table("mask")
    op.drop_table("intake_journal")
    op.drop_table("hold_answer")
    op.drop_table("gap")
    op.drop_table("destruction_due")
    op.drop_index(op.f("dead_letter_consumer_topic_key_idx"), table_name="dead_letter")
    op.drop_table("dead_letter")
    op.drop_table("custody_start")
    op.drop_table("custody_position")
    op.drop_table("consumer_offset")
    op.drop_table("camera_place")
    op.drop_table("camera_note")
    op.drop_table("camera")
    op.drop_table("blocked_key")
    op.drop_table("batch_line")
    op.drop_index("batch_open", table_name="batch", postgresql_where=sa.text("closed_at is null"))
    op.drop_table("batch")
