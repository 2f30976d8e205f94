"""What staff need: accounts, an audit log, the index of conversations with full text, review marks and collections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_USER = sa.String(64)
_SENDER = sa.String(64)


def _text(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=null)


def _string(name: str, length: int, *, null: bool = False, primary: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(length), nullable=null, primary_key=primary)


def _time(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, _TIME, nullable=null)


def _number(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, _NUMBER, nullable=null)


def _count(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Integer, nullable=null)


def _flag(name: str) -> sa.Column:
    return sa.Column(name, sa.Boolean, nullable=False)


def _id() -> sa.Column:
    return sa.Column("id", _NUMBER, primary_key=True, autoincrement=True)


def upgrade() -> None:
    """Create the tables, and what the databases do by themselves."""
    for name, columns, indexed in _tables():
        op.create_table(name, *columns)
        for index in indexed:
            op.create_index(f"ix_{name}_{'_'.join(index)}", name, list(index))
    # The index of conversations is kept fresh by them.
    op.create_index("ix_conversations_last_event_at", "conversations", ["last_event_at"])
    op.create_index("ix_feedback_occurred_at", "feedback", ["occurred_at"])
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(sa.text(statement))


def downgrade() -> None:
    """Remove them."""
    for statement in _SQLITE_BACK if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL_BACK:
        op.execute(sa.text(statement))
    op.drop_index("ix_feedback_occurred_at", "feedback")
    op.drop_index("ix_conversations_last_event_at", "conversations")
    for name, _, _ in reversed(_tables()):
        op.drop_table(name)


def _tables() -> tuple[tuple[str, tuple[sa.Column, ...], tuple[tuple[str, ...], ...]], ...]:
    """Return name, columns and indexed columns of each table."""
    return (
        (
            "staff",
            (
                _id(),
                sa.Column("user_id", _USER, nullable=False, unique=True),
                _string("roles", 200),
                sa.Column("language", sa.String(2), nullable=False, server_default="fi"),
                _string("password_hash", 200),
                _time("password_changed_at"),
                _flag("must_change_password"),
                _text("totp_secret", null=True),
                sa.Column("totp_step", sa.BigInteger, nullable=False, server_default="0"),
                sa.Column("recovery_codes", sa.Text, nullable=False, server_default="[]"),
                _flag("active"),
                _time("created_at"),
                _time("last_signed_in_at", null=True),
            ),
            (),
        ),
        (
            "staff_sessions",
            (
                _string("digest", 64, primary=True),
                _number("staff_id"),
                _flag("verified"),
                _time("created_at"),
                _time("last_seen_at"),
                _time("expires_at"),
                _string("browser", 80),
            ),
            (("staff_id",), ("expires_at",)),
        ),
        (
            "sign_in_failures",
            (
                _string("who", 64, primary=True),
                _string("scope", 8),
                _count("failures"),
                _time("last_at"),
                _time("blocked_until", null=True),
                _time("expires_at"),
            ),
            (("expires_at",),),
        ),
        (
            "audit_log",
            (
                sa.Column("number", _NUMBER, primary_key=True, autoincrement=False),
                _time("occurred_at"),
                _time("expires_at"),
                sa.Column("actor", _USER, nullable=False),
                _string("action", 64),
                _string("target", 100, null=True),
                _text("details"),
                _string("digest", 64),
            ),
            (("expires_at",), ("actor",), ("action",), ("target",)),
        ),
        (
            "audit_heads",
            (
                _string("which", 8, primary=True),
                sa.Column("number", sa.BigInteger, nullable=False),
                _string("digest", 64),
            ),
            (),
        ),
        (
            "switches",
            (
                _string("name", 64, primary=True),
                _string("value", 32),
                _time("changed_at"),
                sa.Column("changed_by", _USER, nullable=False),
                _text("reason"),
            ),
            (),
        ),
        (
            "document_versions",
            (_id(), _string("kind", 32), _time("made_at"), _string("digest", 64), _text("text")),
            (("kind",),),
        ),
        (
            "indexed_conversations",
            (
                sa.Column("sender_id", _SENDER, primary_key=True),
                _string("channel", 32, null=True),
                _string("language", 2, null=True),
                _string("agency", 16, null=True),
                _time("started_at"),
                _time("last_event_at"),
                _time("expires_at"),
                _count("questions"),
                _count("fallbacks"),
                sa.Column("lowest_confidence", sa.Float, nullable=True),
                _text("topics"),
                _text("labels"),
                _flag("special_category"),
                _flag("handoff"),
                _string("rating", 8, null=True),
                _time("indexed_at"),
                sa.Column("reference", sa.String(16), nullable=False, unique=True),
            ),
            (("started_at",), ("last_event_at",), ("expires_at",)),
        ),
        (
            "indexed_messages",
            (
                _id(),
                sa.Column("sender_id", _SENDER, nullable=False),
                sa.Column("event_id", sa.BigInteger, nullable=False),
                _time("occurred_at"),
                _time("expires_at"),
                _string("speaker", 8),
                _string("language", 2, null=True),
                _text("text"),
                _text("words"),
                _string("topic", 128, null=True),
                sa.Column("confidence", sa.Float, nullable=True),
                _flag("fallback"),
            ),
            (("sender_id",), ("occurred_at",), ("expires_at",), ("topic", "occurred_at"), ("fallback", "occurred_at")),
        ),
        (
            "saved_filters",
            (
                _id(),
                sa.Column("owner", _USER, nullable=False),
                _string("name", 80),
                _text("query"),
                _time("created_at"),
                sa.UniqueConstraint("owner", "name", name="uq_saved_filters"),
            ),
            (("owner",),),
        ),
        (
            "review_marks",
            (
                _id(),
                sa.Column("sender_id", _SENDER, nullable=False),
                sa.Column("event_id", sa.BigInteger, nullable=True),
                sa.Column("reviewer", _USER, nullable=False),
                _string("kind", 24),
                _string("value", 128, null=True),
                _text("note", null=True),
                _count("span_start", null=True),
                _count("span_end", null=True),
                _time("made_at"),
                _time("expires_at"),
            ),
            (("sender_id",), ("reviewer",), ("expires_at",), ("kind", "value")),
        ),
        (
            "calibrations",
            (
                _id(),
                _string("name", 80),
                sa.Column("created_by", _USER, nullable=False),
                _time("created_at"),
                _time("expires_at"),
            ),
            (("expires_at",),),
        ),
        (
            "queued_reviews",
            (
                _id(),
                sa.Column("sender_id", _SENDER, nullable=False),
                sa.Column("reviewer", _USER, nullable=False),
                _number("calibration_id", null=True),
                sa.Column("added_by", _USER, nullable=False),
                _time("added_at"),
                _time("done_at", null=True),
                _time("expires_at"),
            ),
            (("sender_id",), ("reviewer",), ("calibration_id",), ("expires_at",)),
        ),
        (
            "content_tasks",
            (
                _id(),
                _string("kind", 24),
                _string("topic", 128, null=True),
                _string("language", 2, null=True),
                _text("text"),
                sa.Column("sender_id", _SENDER, nullable=True),
                sa.Column("event_id", sa.BigInteger, nullable=True),
                sa.Column("created_by", _USER, nullable=False),
                _time("created_at"),
                _time("expires_at"),
                _string("state", 16),
                sa.Column("closed_by", _USER, nullable=True),
                _time("closed_at", null=True),
            ),
            (("kind",), ("sender_id",), ("expires_at",)),
        ),
        (
            "masking_cases",
            (
                _id(),
                _text("shape"),
                _string("label", 64),
                _string("language", 2, null=True),
                _count("anonymiser_version"),
                sa.Column("created_by", _USER, nullable=False),
                _time("created_at"),
            ),
            (),
        ),
        (
            "collections",
            (
                _id(),
                _string("title", 120),
                _text("goal"),
                _string("theme", 80),
                _string("language", 2),
                sa.Column("created_by", _USER, nullable=False),
                _time("created_at"),
                _time("changed_at"),
                _flag("archived"),
            ),
            (),
        ),
        (
            "collection_cases",
            (
                _id(),
                _number("collection_id"),
                _count("position"),
                sa.Column("sender_id", _SENDER, nullable=True),
                _string("title", 120),
                _count("difficulty"),
                _text("questions"),
                _text("model_answer"),
                _text("messages", null=True),
                sa.Column("added_by", _USER, nullable=False),
                _time("added_at"),
                _time("expires_at", null=True),
            ),
            (("collection_id",), ("sender_id",), ("expires_at",)),
        ),
        (
            "practices",
            (
                _id(),
                _number("case_id"),
                sa.Column("sender_id", _SENDER, nullable=True),
                sa.Column("trainee", _USER, nullable=False),
                _text("answers"),
                _time("started_at"),
                _time("finished_at", null=True),
                _time("expires_at"),
            ),
            (("case_id",), ("sender_id",), ("trainee",), ("expires_at",)),
        ),
        (
            "holds",
            (
                _id(),
                sa.Column("sender_id", _SENDER, nullable=False),
                _text("reason"),
                sa.Column("made_by", _USER, nullable=False),
                _time("made_at"),
                _time("expires_at"),
            ),
            (("sender_id",), ("expires_at",)),
        ),
    )


_REFUSAL = "the audit log is append-only"
# A minute early is on time: the clocks of the database and of the server that purges need not agree.
_SQLITE = (
    "CREATE VIRTUAL TABLE message_search USING fts5(words, content='indexed_messages', content_rowid='id', "
    "tokenize='unicode61 remove_diacritics 0')",
    "CREATE TRIGGER indexed_messages_added AFTER INSERT ON indexed_messages BEGIN "
    "INSERT INTO message_search(rowid, words) VALUES (new.id, new.words); END",
    "CREATE TRIGGER indexed_messages_removed AFTER DELETE ON indexed_messages BEGIN "
    "INSERT INTO message_search(message_search, rowid, words) VALUES ('delete', old.id, old.words); END",
    "CREATE TRIGGER indexed_messages_changed AFTER UPDATE OF words ON indexed_messages BEGIN "
    "INSERT INTO message_search(message_search, rowid, words) VALUES ('delete', old.id, old.words); "
    "INSERT INTO message_search(rowid, words) VALUES (new.id, new.words); END",
    f"CREATE TRIGGER audit_log_changed BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
    "CREATE TRIGGER audit_log_removed BEFORE DELETE ON audit_log "
    "WHEN old.expires_at > strftime('%Y-%m-%d %H:%M:%f', 'now', '+1 minute') BEGIN "
    f"SELECT RAISE(ABORT, '{_REFUSAL}'); END",
)
_SQLITE_BACK = (
    "DROP TRIGGER indexed_messages_added",
    "DROP TRIGGER indexed_messages_removed",
    "DROP TRIGGER indexed_messages_changed",
    "DROP TABLE message_search",
)
_POSTGRESQL = (
    "CREATE INDEX ix_indexed_messages_search ON indexed_messages USING gin (to_tsvector('simple', words))",
    "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN IF TG_OP = 'DELETE' THEN IF old.expires_at <= now() + interval '1 minute' THEN RETURN old; END IF; "
    f"END IF; RAISE EXCEPTION '{_REFUSAL}'; END $$",
    "CREATE TRIGGER audit_log_changed BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW "
    "EXECUTE FUNCTION refuse_audit_change()",
    "CREATE TRIGGER audit_log_emptied BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT "
    "EXECUTE FUNCTION refuse_audit_change()",
)
_POSTGRESQL_BACK = (
    "DROP TRIGGER audit_log_changed ON audit_log",
    "DROP TRIGGER audit_log_emptied ON audit_log",
    "DROP FUNCTION refuse_audit_change()",
)
