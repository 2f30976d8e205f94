"""What protects the queue position from enumeration, and its switch."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "queue_counters",
        sa.Column("id", _ROW_NUMBER, primary_key=True, autoincrement=True),
        sa.Column("scope", sa.String(8), nullable=False),
        sa.Column("who", sa.String(32), nullable=False),
        sa.Column("hour", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.Column("unreadable", sa.Integer, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.UniqueConstraint("scope", "who", "hour", name="uq_queue_counters"),
    )
    op.create_table(
        "queue_values",
        sa.Column("id", _ROW_NUMBER, primary_key=True, autoincrement=True),
        sa.Column("scope", sa.String(8), nullable=False),
        sa.Column("who", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("hour", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("beside", sa.Boolean, nullable=False),
        sa.UniqueConstraint("scope", "who", "digest", name="uq_queue_values"),
    )
    op.create_table(
        "queue_state",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
    )
    op.create_table(
        "queue_switches",
        sa.Column("id", _ROW_NUMBER, primary_key=True, autoincrement=True),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("changed_by", sa.String(100), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    for table in ("queue_counters", "queue_values", "queue_switches"):
        op.create_index(f"ix_{table}_expires_at", table, ["expires_at"])


def downgrade() -> None:
    """Remove them."""
    for table in ("queue_switches", "queue_state", "queue_values", "queue_counters"):
        op.drop_table(table)
