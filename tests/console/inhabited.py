"""A database in which there is something of everything, so that every page has something to show."""

from __future__ import annotations

import datetime
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from components.storage.models import Base
from components.storage.switches import Feature
from tests.console.review.conftest import FEE, SENDER, TODAY, add_conversation

LATER = TODAY + datetime.timedelta(days=20)
MESSAGES = [
    {"speaker": "customer", "text": "paljonko", "topic": FEE},
    {"speaker": "assistant", "text": "paljon", "topic": None},
]


def settle(connection: Connection, *, owner: str) -> dict[str, Any]:
    """Add something of everything, made by `owner`, and return what the arguments of routes stand for."""
    made = add_conversation(connection)
    by = {"created_by": owner, "created_at": TODAY}
    collection = _add(
        connection,
        "collections",
        title="Maksut",
        goal="",
        theme="raha",
        language="fi",
        changed_at=TODAY,
        archived=False,
        **by,
    )
    case = {
        "collection_id": collection,
        "title": "Maksu",
        "difficulty": 2,
        "questions": "",
        "model_answer": "Kerro hinta.",
        "added_by": owner,
        "added_at": TODAY,
    }
    stored = _add(connection, "collection_cases", position=1, sender_id=SENDER, expires_at=LATER, **case)
    _add(connection, "collection_cases", position=2, messages=json.dumps(MESSAGES), **case)
    return {
        "reference": made.reference,
        "event_id": made.events[0],
        "collection_id": collection,
        "case_id": stored,
        "practice_id": _add(
            connection,
            "practices",
            case_id=stored,
            sender_id=SENDER,
            trainee=owner,
            answers="[]",
            started_at=TODAY,
            expires_at=LATER,
        ),
        "calibration_id": _add(connection, "calibrations", name="Kevät", expires_at=LATER, **by),
        "queued_id": _add(
            connection,
            "queued_reviews",
            sender_id=SENDER,
            reviewer=owner,
            added_by=owner,
            added_at=TODAY,
            expires_at=LATER,
        ),
        "task_id": _add(
            connection,
            "content_tasks",
            kind="answer_wrong",
            topic=FEE,
            text="Hinta on vanha.",
            sender_id=SENDER,
            event_id=made.events[0],
            expires_at=LATER,
            state="open",
            **by,
        ),
        "mark_id": _add(
            connection,
            "review_marks",
            sender_id=SENDER,
            reviewer=owner,
            kind="tag",
            value="hinta",
            made_at=TODAY,
            expires_at=LATER,
        ),
        "filter_id": _add(connection, "saved_filters", owner=owner, name="Omat", query="language=fi", created_at=TODAY),
        "hold_id": _add(
            connection, "holds", sender_id=SENDER, reason="kantelu", made_by=owner, made_at=TODAY, expires_at=LATER
        ),
        "version_id": _add(
            connection, "document_versions", kind="record fi", made_at=TODAY, digest="0" * 64, text="# Vanha"
        ),
        "user_id": owner,
        "topic": FEE,
        "number": 1,
        "name": next(iter(Feature)).value,
        "filename": "console.css",
        "kind": "record",
    }


def _add(connection: Connection, table: str, **values: Any) -> int:
    inserted = connection.execute(sa.insert(Base.metadata.tables[table]).values(**values))
    return int(inserted.inserted_primary_key[0])
