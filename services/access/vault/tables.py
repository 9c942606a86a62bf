"""Tables of the vault, in a database and under a role of their own: keys and personal data, never on the log."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

METADATA = MetaData(info={"service": "vault"})

personal_key = Table(
    "personal_key",
    METADATA,
    Column("key_id", UUID(as_uuid=True), primary_key=True),  # random: it says nothing about whose key it is
    Column("wrapped", LargeBinary, nullable=True),  # None after shredding: the row stays, the key is gone
    Column("digest", Text, nullable=False),  # sha256 of the key, told when it is destroyed
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("shredded_at", DateTime(timezone=True)),
)
personal_field = Table(
    "personal_field",
    METADATA,
    Column("key_id", UUID(as_uuid=True), ForeignKey("personal_key.key_id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("nonce", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
TABLES = {table.name: "vault" for table in METADATA.sorted_tables}
