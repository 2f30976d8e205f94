"""Records of the privacy milestone; on PostgreSQL the tables that grow become partitioned by their expiry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add columns and tables, and carry the events over into partitions."""
    op.add_column("conversations", sa.Column("notice_version", sa.String(32), nullable=True))
    op.add_column("conversations", sa.Column("consented_at", _TIME, nullable=True))
    op.add_column("events", sa.Column("anonymiser_version", sa.Integer, nullable=False, server_default="0"))
    op.add_column("events", sa.Column("special_category", sa.Boolean, nullable=False, server_default=sa.false()))
    if _is_postgresql():
        _partition_events()
    _create_growing_table(
        "technical_log",
        sa.Column("occurred_at", _TIME, nullable=False),
        sa.Column("ip_address", sa.String(45), nullable=False),
        sa.Column("route", sa.String(200), nullable=False),
        sa.Column("method", sa.String(8), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("bytes", sa.Integer, nullable=False),
    )
    op.create_table(
        "reply_addresses",
        sa.Column("sender_id", sa.String(64), primary_key=True),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("last_message_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_index("ix_reply_addresses_expires_at", "reply_addresses", ["expires_at"])
    _create_growing_table(
        "feedback",
        sa.Column("sender_id", sa.String(64), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=True),
        sa.Column("rating", sa.String(16), nullable=False),
        sa.Column("comment", sa.Text, nullable=True),
        sa.Column("occurred_at", _TIME, nullable=False),
    )
    op.create_index("ix_feedback_sender_id", "feedback", ["sender_id"])
    op.create_table(
        "label_counts",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("label", sa.String(64), primary_key=True),
        sa.Column("language", sa.String(2), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "training_utterances",
        sa.Column("id", _ROW_NUMBER, primary_key=True, autoincrement=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("intent", sa.String(128), nullable=True),
        sa.Column("text", sa.Text, nullable=True),
        sa.Column("conversations", sa.Integer, nullable=False),
    )
    op.create_table(
        "retention_runs",
        sa.Column("id", _ROW_NUMBER, primary_key=True, autoincrement=True),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("finished_at", _TIME, nullable=True),
        sa.Column("ok", sa.Boolean, nullable=True),
        sa.Column("deleted", sa.Text, nullable=False),
        sa.Column("error_kind", sa.String(64), nullable=True),
        sa.Column("periods", sa.String(64), nullable=True),
    )
    op.create_index("ix_retention_runs_started_at", "retention_runs", ["started_at"])
    op.create_table(
        "erasures",
        sa.Column("id", _ROW_NUMBER, primary_key=True, autoincrement=True),
        sa.Column("erased_at", _TIME, nullable=False),
        sa.Column("receipt", sa.String(32), nullable=False, unique=True),
        sa.Column("what", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Remove what was added; events stay."""
    for table in (
        "erasures",
        "retention_runs",
        "training_utterances",
        "label_counts",
        "feedback",
        "reply_addresses",
        "technical_log",
    ):
        op.drop_table(table)
    if _is_postgresql():
        _unpartition_events()
    with op.batch_alter_table("events") as events:
        events.drop_column("special_category")
        events.drop_column("anonymiser_version")
    with op.batch_alter_table("conversations") as conversations:
        conversations.drop_column("consented_at")
        conversations.drop_column("notice_version")


def _is_postgresql() -> bool:
    return str(op.get_bind().dialect.name) == "postgresql"


def _create_growing_table(name: str, *columns: sa.Column) -> None:
    expires_at = sa.Column("expires_at", _TIME, nullable=False, primary_key=_is_postgresql())
    op.create_table(name, _row_number(), expires_at, *columns, postgresql_partition_by="RANGE (expires_at)")
    op.create_index(f"ix_{name}_expires_at", name, ["expires_at"])
    if _is_postgresql():
        op.execute(f"CREATE TABLE {name}_default PARTITION OF {name} DEFAULT")


def _row_number() -> sa.Column:
    return sa.Column("id", _ROW_NUMBER, primary_key=True, autoincrement=True)


def _event_columns() -> list[sa.Column]:
    return [
        sa.Column("sender_id", sa.String(64), nullable=False),
        sa.Column("write_id", sa.String(32), nullable=False),
        sa.Column("type_name", sa.String(64), nullable=False),
        sa.Column("occurred_at", _TIME, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("anonymiser_version", sa.Integer, nullable=False, server_default="0"),
        sa.Column("special_category", sa.Boolean, nullable=False, server_default=sa.false()),
    ]


def _partition_events() -> None:
    _set_events_aside()
    _create_growing_table("events", *_event_columns())
    op.create_index("ix_events_sender_id_id", "events", ["sender_id", "id"])
    # Every month that has rows gets its partition now: moving them out of the default partition later would take locks.
    op.execute(
        """
        DO $$
        DECLARE month timestamp;
        BEGIN
            FOR month IN SELECT DISTINCT date_trunc('month', expires_at AT TIME ZONE 'UTC') FROM former_events LOOP
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF events FOR VALUES FROM (%L) TO (%L)',
                    to_char(month, '"events_"YYYY_MM'),
                    month AT TIME ZONE 'UTC',
                    (month + interval '1 month') AT TIME ZONE 'UTC'
                );
            END LOOP;
        END $$
        """
    )
    _bring_events_back()


def _unpartition_events() -> None:
    _set_events_aside()
    op.create_table("events", _row_number(), sa.Column("expires_at", _TIME, nullable=False), *_event_columns())
    op.create_index("ix_events_expires_at", "events", ["expires_at"])
    op.create_index("ix_events_sender_id_id", "events", ["sender_id", "id"])
    _bring_events_back()


def _set_events_aside() -> None:
    op.drop_index("ix_events_expires_at", "events")
    op.drop_index("ix_events_sender_id_id", "events")
    op.rename_table("events", "former_events")
    op.execute("ALTER TABLE former_events RENAME CONSTRAINT events_pkey TO former_events_pkey")
    op.execute("ALTER SEQUENCE events_id_seq RENAME TO former_events_id_seq")


def _bring_events_back() -> None:
    columns = "id, expires_at, " + ", ".join(column.name for column in _event_columns())
    op.execute(f"INSERT INTO events ({columns}) SELECT {columns} FROM former_events")  # noqa: S608 (fixed names)
    op.execute("SELECT setval('events_id_seq', last_value, is_called) FROM former_events_id_seq")
    op.drop_table("former_events")
