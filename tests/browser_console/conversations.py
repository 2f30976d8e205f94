"""Conversations as the service stores them, for trying the console out in a browser."""

from __future__ import annotations

import datetime
import itertools
import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from components.storage.models import Conversation, Event, Feedback

KEPT = datetime.timedelta(days=365)
MINUTE = datetime.timedelta(minutes=1)
GIFT = {
    "topic": "customs_gifts",
    "title": {"fi": "Lahja ulkomailta", "en": "A gift from abroad"},
    "text": {
        "fi": "Lahja on tullivapaa, jos sen arvo on enintään **45 euroa**.\n\n- Tee ilmoitus\n- Odota päätöstä",
        "en": "A gift is free of duty when it is worth **45 euros** at most.\n\n- Declare it\n- Wait for the decision",
    },
}
FEE = {
    "topic": "immigration_processing_fee",
    "title": {"fi": "Hakemuksen hinta", "en": "Fee of an application"},
    "text": {"fi": "Hinta riippuu hakemuksesta.", "en": "The fee depends on the application."},
}
ASKED = {
    "fi": [
        ("saan lahjan yhdysvalloista pitääkö siitä maksaa tullia", GIFT),
        ("nimeni on [NAME_1] ja puh [PHONE_NUMBER], paljonko hakemus maksaa", FEE),
        ("mistä saan kalastusluvan", None),
    ],
    "en": [
        ("I get a gift from the United States, do I pay customs", GIFT),
        ("my name is [NAME_1] and my mail [EMAIL_ADDRESS], what does an application cost", FEE),
        ("when does the next bus leave", None),
    ],
}
_numbers = itertools.count(1)


def add_conversations(connection: Connection, *, each: int, now: datetime.datetime) -> list[str]:
    """Store conversations in both languages, some of them rated, and return their sender ids."""
    senders = []
    for number in range(each):
        for language in ("fi", "en"):
            senders.append(
                _add(connection, language, number, now - datetime.timedelta(days=1 + number % 20, hours=number))
            )
    return senders


def _add(connection: Connection, language: str, number: int, begin: datetime.datetime) -> str:
    sender = f"{next(_numbers):032x}"
    events = list(_events(language, begin))
    connection.execute(
        sa.insert(Conversation.__table__).values(
            sender_id=sender,
            channel="web",
            session_started_at=begin,
            last_event_at=events[-1][1],
            expires_at=begin + KEPT,
            state="{}",
        )
    )
    for data, moment in events:
        connection.execute(
            sa.insert(Event.__table__).values(
                sender_id=sender,
                write_id=f"{number:032x}",
                type_name=data["event"],
                occurred_at=moment,
                expires_at=begin + KEPT,
                data=json.dumps({**data, "timestamp": moment.timestamp()}, ensure_ascii=False),
                anonymiser_version=1,
            )
        )
    if number % 3 == 0:
        connection.execute(
            sa.insert(Feedback.__table__).values(
                sender_id=sender,
                rating="helpful" if number % 2 else "not_helpful",
                comment=None if number % 2 else "ei auttanut",
                occurred_at=begin + 9 * MINUTE,
                expires_at=begin + KEPT,
            )
        )
    return sender


def _events(language: str, begin: datetime.datetime) -> Iterator[tuple[dict[str, Any], datetime.datetime]]:
    moments = (begin + number * MINUTE / 6 for number in itertools.count())
    yield {"event": "action", "name": "action_session_start"}, next(moments)
    yield {"event": "session_started"}, next(moments)
    yield {"event": "slot", "name": "language", "value": language}, next(moments)
    for text, answer in ASKED[language]:
        yield _question(text, answer, language), next(moments)
        if answer is None:
            yield {"event": "action", "name": "action_offer_topics", "policy": "RulePolicy"}, next(moments)
            yield (
                _said({"fi": "En ymmärtänyt.", "en": "I did not understand."}[language], "utter_ask", {}),
                next(moments),
            )
        else:
            yield {"event": "action", "name": f"utter_{answer['topic']}", "policy": "AnswerPolicy"}, next(moments)
            yield _answered(answer, language), next(moments)
        yield {"event": "action", "name": "action_listen"}, next(moments)


def _question(text: str, answer: Any, language: str) -> dict[str, Any]:
    labels = {"[NAME_1]": "PERSON", "[PHONE_NUMBER]": "PHONE_NUMBER", "[EMAIL_ADDRESS]": "EMAIL_ADDRESS"}
    masked = [label for shown, label in labels.items() if shown in text]
    intent = "nlu_fallback" if answer is None else answer["topic"]
    ranking = [{"name": intent, "confidence": 0.62}, {"name": "customs_parcel_from_outside_eu", "confidence": 0.21}]
    return {
        "event": "user",
        "text": text,
        "metadata": {"masked": masked},
        "input_channel": "web",
        "message_id": f"{next(_numbers):032x}",
        "parse_data": {
            "text": text,
            "intent": ranking[0],
            "intent_ranking": ranking,
            "language": language,
            "entities": [],
            "metadata": {"masked": masked},
        },
    }


def _said(text: str, action: str, metadata: dict[str, Any]) -> dict[str, Any]:
    buttons = [{"title": "Tulli", "payload": "/customs_gifts"}]
    return {
        "event": "bot",
        "text": text,
        "metadata": {"metadata": metadata, "utter_action": action},
        "data": {"buttons": buttons, "elements": None, "quick_replies": None, "attachment": None, "custom": None},
    }


def _answered(answer: Any, language: str) -> dict[str, Any]:
    shown = {
        "topic": answer["topic"],
        "title": answer["title"][language],
        "links": [],
        "sources": [{"title": "Tulli", "url": "https://tulli.fi/", "language": "fi"}],
        "reviewed": "2026-11-21",
        "volatile": True,
    }
    return _said(answer["text"][language], f"utter_{answer['topic']}", {"language": language, "answer": shown})
