"""Conversations and their events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the first two tables."""
    op.create_table(
        "conversations",
        sa.Column("sender_id", sa.String(64), primary_key=True),
        sa.Column("channel", sa.String(32), nullable=True),
        sa.Column("session_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_event_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_index("ix_conversations_expires_at", "conversations", ["expires_at"])
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("sender_id", sa.String(64), nullable=False),
        sa.Column("write_id", sa.String(32), nullable=False),
        sa.Column("type_name", sa.String(64), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
    )
    op.create_index("ix_events_expires_at", "events", ["expires_at"])
    op.create_index("ix_events_sender_id_id", "events", ["sender_id", "id"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("events")
    op.drop_table("conversations")
