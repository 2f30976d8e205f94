"""What messaging channels need: which deliveries were handled, and the wish that a conversation is not stored."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the table and the column."""
    op.create_table(
        "channel_deliveries",
        sa.Column("digest", sa.String(32), primary_key=True),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("finished", sa.Boolean, nullable=False),
    )
    op.create_index("ix_channel_deliveries_expires_at", "channel_deliveries", ["expires_at"])
    op.add_column("reply_addresses", sa.Column("stored", sa.Boolean, nullable=False, server_default=sa.true()))


def downgrade() -> None:
    """Remove them."""
    # SQLite cannot drop a column in place.
    with op.batch_alter_table("reply_addresses") as table:
        table.drop_column("stored")
    op.drop_table("channel_deliveries")
