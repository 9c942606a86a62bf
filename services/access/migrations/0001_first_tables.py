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


def upgrade() -> None:

    op.create_table(
        "answer",
        sa.Column("hold_id", sa.UUID(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("secured", postgresql.JSONB(), nullable=False),
        sa.Column("destroying", postgresql.JSONB(), nullable=False),
        sa.Column("gone", postgresql.JSONB(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hold_id", "seq", name=op.f("answer_pkey")),
    )
    op.create_table(
        "answer_amendment",
        sa.Column("hold_id", sa.UUID(), nullable=False),
        sa.Column("stream_version", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("newly_secured", postgresql.JSONB(), nullable=False),
        sa.Column("found_gone", postgresql.JSONB(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("amended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hold_id", "stream_version", name=op.f("answer_amendment_pkey")),
    )
    op.create_table(
        "batch_answer",
        sa.Column("batch_id", sa.UUID(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("batch_answer_pkey")),
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
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("mask_areas", postgresql.JSONB(), nullable=False),
        sa.Column("masks", postgresql.JSONB(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("camera_pkey")),
    )
    op.create_table(
        "camera_binding",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("retention_class", sa.Text(), nullable=False),
        sa.Column("binding_from", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("camera_binding_pkey")),
    )
    op.create_table(
        "clearance",
        sa.Column("batch_id", sa.UUID(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("clearance_pkey")),
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
        "copy_bytes",
        sa.Column("copy_id", sa.UUID(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("container", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("copy_id", name=op.f("copy_bytes_pkey")),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("headers", postgresql.JSONB(), nullable=False),
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
        "fact",
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("stream_version", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", "stream_version", name=op.f("fact_pkey")),
    )
    op.create_index("fact_by_time", "fact", ["recorded_at"], unique=False)
    op.create_table(
        "footage_copy",
        sa.Column("copy_id", sa.UUID(), nullable=False),
        sa.Column("request_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("copy_id", name=op.f("footage_copy_pkey")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True, cache=1), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("headers", postgresql.JSONB(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_pkey")),
    )
    op.create_table(
        "parked",
        sa.Column("parked_id", sa.Text(), nullable=False),
        sa.Column("hold_id", sa.Text(), nullable=False),
        sa.Column("everywhere", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("parked_id", name=op.f("parked_pkey")),
    )
    op.create_table(
        "policy_binding",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("binding_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shortens", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("policy_binding_pkey")),
    )
    op.create_table(
        "policy_version",
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("instrument", sa.Text(), nullable=False),
        sa.Column("approved_by", postgresql.JSONB(), nullable=False),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("policy_id", "version", "digest", name=op.f("policy_version_pkey")),
    )
    op.create_table(
        "programme_end",
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("policy_id", name=op.f("programme_end_pkey")),
    )
    op.create_table(
        "proposal",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("proposal_pkey")),
    )
    op.create_table(
        "protection",
        sa.Column("hold_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("hold_kind", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.JSONB(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("review_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("protects_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("answer_seq", sa.BigInteger(), nullable=False),
        sa.Column("review_told", sa.Boolean(), nullable=False),
        sa.Column("hold_proposed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("protection_pkey")),
    )
    op.create_index("protection_by_request", "protection", ["request_id"], unique=False)
    op.create_table(
        "protection_gate",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("protection_gate_pkey")),
    )
    op.create_table(
        "request_file",
        sa.Column("request_id", sa.UUID(), nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("requester_class", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("term_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name=op.f("request_file_pkey")),
    )
    op.create_index(
        "request_file_open", "request_file", ["term_ends_at"], unique=False, postgresql_where=sa.text("is_open")
    )
    op.create_table(
        "stream",
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", name=op.f("stream_pkey")),
    )
    op.create_table(
        "unconfirmed",
        sa.Column("request_id", sa.UUID(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name=op.f("unconfirmed_pkey")),
    )
    op.create_table(
        "viewing",
        sa.Column("viewing_id", sa.UUID(), nullable=False),
        sa.Column("request_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("viewing_id", name=op.f("viewing_pkey")),
    )
    op.create_table(
        "viewing_session",
        sa.Column("viewing_id", sa.UUID(), nullable=False),
        sa.Column("accompanied", sa.Boolean(), nullable=False),
        sa.Column("ranges", sa.Integer(), nullable=False),
        sa.Column("bytes_served", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("viewing_id", name=op.f("viewing_session_pkey")),
    )


def downgrade() -> None:

    op.drop_table("viewing_session")
    op.drop_table("viewing")
    op.drop_table("unconfirmed")
    op.drop_table("stream")
    op.drop_index("request_file_open", table_name="request_file", postgresql_where=sa.text("is_open"))
    op.drop_table("request_file")
    op.drop_table("protection_gate")
    op.drop_index("protection_by_request", table_name="protection")
    op.drop_table("protection")
    op.drop_table("proposal")
    op.drop_table("programme_end")
    op.drop_table("policy_version")
    op.drop_table("policy_binding")
    op.drop_table("parked")
    op.drop_table("outbox")
    op.drop_table("footage_copy")
    op.drop_index("fact_by_time", table_name="fact")
    op.drop_table("fact")
    op.drop_index(op.f("dead_letter_consumer_topic_key_idx"), table_name="dead_letter")
    op.drop_table("dead_letter")
    op.drop_table("copy_bytes")
    op.drop_table("consumer_offset")
    op.drop_table("clearance")
    op.drop_table("camera_binding")
    op.drop_table("camera")
    op.drop_table("blocked_key")
    op.drop_table("batch_answer")
    op.drop_table("answer_amendment")
    op.drop_table("answer")
