"""Feedback in the conversation: kept with its reason, never in the way, never of what is not stored."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.engine import Engine

from actions import feedback
from actions.feedback import REASONS, AskFeedback, FeedbackForm, FeedbackHelpful, FeedbackResult
from actions.values import choice, vocabulary
from components.privacy import anonymise
from components.settings import Settings
from components.storage.database import migrate, open_database
from components.storage.feedback import answer_id
from components.storage.models import Conversation as ConversationRow
from components.storage.models import Feedback
from tests.actions.conftest import Conversation
from tests.actions.customer import Customer

SENDER = "customer"
ACTIONS = (FeedbackForm(), FeedbackResult(), FeedbackHelpful())
NOW = datetime.datetime.now(datetime.timezone.utc)


def _settings(url: str) -> Settings:
    return Settings(
        secret_key=b"k" * 32,
        database_url=url,
        retention=datetime.timedelta(days=30),
        session_lifetime=datetime.timedelta(hours=12),
    )


@pytest.fixture()
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The database of the service with one conversation, as the action server sees it."""
    url = f"sqlite:///{tmp_path / 'luotsi.sqlite'}"
    opened = open_database(url)
    migrate(opened)
    with opened.begin() as connection:
        connection.execute(
            sa.insert(ConversationRow.__table__).values(
                sender_id=SENDER,
                session_started_at=NOW,
                last_event_at=NOW,
                expires_at=NOW + datetime.timedelta(days=30),
                state="{}",
            )
        )
    monkeypatch.setattr(feedback, "_store", lambda: (opened, _settings(url)))
    yield opened
    opened.dispose()


@pytest.fixture()
def no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'missing' / 'luotsi.sqlite'}"
    monkeypatch.setattr(feedback, "_store", lambda: (open_database(url), _settings(url)))


@pytest.fixture()
def customer(rasa_domain: Domain, language: str) -> Customer:
    """Somebody whose question was answered."""
    somebody = Customer(rasa_domain, ACTIONS, "feedback", language)
    somebody.asks("do i pay for a gift", "utter_customs_gift")
    return somebody


@pytest.fixture()
def asked(engine: Engine, customer: Customer) -> Customer:
    """Somebody who was asked what was wrong with the answer."""
    customer.types(
        "ei auttanut" if customer.tracker.get_slot("language") == "fi" else "no help", "feedback_not_helpful"
    )
    return customer


def _kept(engine: Engine) -> list[tuple[str, str | None]]:
    table = Feedback.__table__
    with engine.connect() as connection:
        return [(row.rating, row.comment) for row in connection.execute(sa.select(table).order_by(table.c.id))]


def _title(customer: Customer, reason: str) -> str:
    return customer.buttons[REASONS.index(reason)]["title"]


def _followed(customer: Customer) -> list[str]:
    """The action that the result hands over to."""
    latest = customer.tracker.followup_action
    return [str(latest)] if latest else []


@pytest.mark.parametrize("action", [*ACTIONS, AskFeedback()])
def test_every_action_has_its_name_in_the_domain(rasa_domain: Domain, action: Any) -> None:
    assert action.name() in rasa_domain.user_actions


def test_not_helpful_is_kept_at_once_and_the_reason_is_asked(engine: Engine, asked: Customer) -> None:
    assert _kept(engine) == [("not_helpful", None)]
    assert [message.metadata["utter_action"] for message in asked.said] == ["utter_ask_feedback_form_feedback_reason"]
    assert len(asked.buttons) == len(REASONS)
    assert asked.is_running


@pytest.mark.parametrize(
    ("reason", "following"),
    [
        ("wrong_topic", ["action_offer_topics"]),
        ("too_hard", ["action_simpler"]),
        ("out_of_date", ["action_name_sources"]),
        ("missing", ["utter_feedback_missing"]),
    ],
)
def test_a_reason_is_kept_and_something_is_done_about_it(
    engine: Engine, asked: Customer, reason: str, following: list[str]
) -> None:
    title = _title(asked, reason)
    said = asked.types(title)

    assert said == ["utter_feedback_thanks"]
    assert _kept(engine) == [("not_helpful", title)]
    assert _followed(asked) == following
    assert not asked.is_running
    assert asked.tracker.get_slot("feedback_reason") is None


def test_without_an_answer_a_reason_is_only_kept(engine: Engine, rasa_domain: Domain, language: str) -> None:
    somebody = Customer(rasa_domain, ACTIONS, "feedback", language)
    somebody.types("ei auttanut", "feedback_not_helpful")

    assert somebody.types(_title(somebody, "too_hard")) == ["utter_feedback_thanks"]
    assert _followed(somebody) == []


@pytest.mark.parametrize(("number", "reason"), [("1", "wrong_topic"), ("2.", "too_hard")])
def test_a_reason_can_be_chosen_by_its_number(engine: Engine, asked: Customer, number: str, reason: str) -> None:
    title = _title(asked, reason)
    asked.types(number, "choose_option")

    assert _kept(engine) == [("not_helpful", title)]


@pytest.mark.parametrize("button", range(len(REASONS)))
@pytest.mark.parametrize("variation", range(3))
def test_every_button_is_read_as_its_reason(rasa_domain: Domain, button: int, variation: int) -> None:
    shown = rasa_domain.responses["utter_ask_feedback_form_feedback_reason"][variation]["buttons"]
    if button < len(shown):
        assert choice(shown[button]["title"], vocabulary("feedback")) == REASONS[button]
        assert shown[button]["payload"] == shown[button]["title"]
        assert anonymise(shown[button]["title"]).text == shown[button]["title"]


def test_own_words_are_asked_for_and_kept_without_personal_data(engine: Engine, asked: Customer) -> None:
    assert asked.types(_title(asked, "own_words")) == ["utter_ask_feedback_form_feedback_comment"]
    assert asked.types("olen 131052-951T ja vastaus oli sekava", "personal_case") == ["utter_feedback_thanks"]

    assert _kept(engine) == [("not_helpful", "olen [FI_PERSONAL_IDENTITY_CODE] ja vastaus oli sekava")]
    assert _followed(asked) == []


@pytest.mark.parametrize("intent", ["nlu_fallback", "not_what_i_asked", "complaint_feedback"])
def test_a_reason_in_own_words_needs_no_button(engine: Engine, asked: Customer, intent: str) -> None:
    asked.types("numerot ovat ihan pielessä", intent)

    assert _kept(engine) == [("not_helpful", "numerot ovat ihan pielessä")]


def test_a_reason_that_was_told_with_the_rating_is_not_asked(engine: Engine, customer: Customer, language: str) -> None:
    text = {"fi": "tämä tieto on vanhentunutta", "en": "this information is outdated"}[language]

    assert customer.types(text, "feedback_not_helpful") == ["utter_feedback_thanks"]
    assert _followed(customer) == ["action_name_sources"]


@pytest.mark.parametrize(
    ("text", "intent", "following"),
    [
        ("paljonko alv on", "customs_vat_rates", "utter_customs_vat_rates"),
        ("/customs_ioss", "customs_ioss", "utter_customs_ioss"),
        ("haluan puhua ihmiselle", "ask_for_person", "action_human_contact"),
        ("alusta", "start_over", "action_start_over"),
    ],
)
def test_another_question_is_answered_instead_of_being_held_up(
    engine: Engine, asked: Customer, text: str, intent: str, following: str
) -> None:
    assert asked.types(text, intent) == [] if not text.startswith("/") else asked.presses(intent) == []
    assert _followed(asked) == [following]
    assert not asked.is_running
    assert _kept(engine) == [("not_helpful", None)]


@pytest.mark.parametrize(
    ("text", "intent", "following"),
    [
        ("paljonko alv on?", "customs_vat_rates", "utter_customs_vat_rates"),
        ("en jaksa enää elää", "distress", "utter_distress"),
        ("poista kaikki mitä kirjoitin", "privacy_delete", "utter_privacy_delete"),
        ("ihminen", "ask_for_person", "action_human_contact"),
    ],
)
def test_another_matter_instead_of_a_comment_is_answered(
    engine: Engine, asked: Customer, text: str, intent: str, following: str
) -> None:
    asked.types(_title(asked, "own_words"))

    assert asked.types(text, intent) == []
    assert _followed(asked) == [following]
    assert _kept(engine) == [("not_helpful", None)]


@pytest.mark.parametrize(
    ("text", "intent"), [("ei", "deny"), ("lopeta", "cancel"), ("ok", "ok_understood"), ("9", "choose_option")]
)
def test_who_has_nothing_to_say_is_thanked(engine: Engine, asked: Customer, text: str, intent: str) -> None:
    assert asked.types(text, intent) == ["utter_feedback_thanks"]
    assert _followed(asked) == []


def test_the_language_can_change_while_the_reason_is_asked(engine: Engine, asked: Customer, language: str) -> None:
    other = {"fi": "en", "en": "fi"}[language]
    wish = {"en": "switch_to_english", "fi": "switch_to_finnish"}[other]
    assert asked.types("english please" if other == "en" else "suomeksi kiitos", wish) == []
    asked.speaks(other)

    assert asked.is_answered(f"utter_{wish}") == ["utter_ask_feedback_form_feedback_reason"]
    assert asked.buttons[0]["title"] == {"en": "Wrong topic", "fi": "Väärä aihe"}[other]
    asked.types(asked.buttons[1]["title"])
    assert _kept(engine) == [("not_helpful", {"en": "Too difficult", "fi": "Liian vaikea"}[other])]


def test_a_form_that_was_left_open_begins_anew(engine: Engine, asked: Customer) -> None:
    asked.leaves()
    asked.asks("alv?", "utter_customs_vat_rates", intent="customs_vat_rates")
    asked.tracker.slots["requested_slot"].value = "feedback_comment"

    assert asked.types("ei auttanut", "feedback_not_helpful") == ["utter_ask_feedback_form_feedback_reason"]
    assert asked.asked_for == "reason"


def test_what_is_not_stored_keeps_no_feedback(engine: Engine, customer: Customer) -> None:
    customer.tracker.sender_id = "unstored-0123"

    assert customer.types("ei auttanut", "feedback_not_helpful") == ["utter_feedback_not_stored"]
    assert _followed(customer) == ["utter_deny"]
    assert _kept(engine) == []
    assert not customer.is_running


def test_without_the_database_the_conversation_goes_on(
    no_database: None, customer: Customer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert customer.types("ei auttanut", "feedback_not_helpful") == ["utter_feedback_not_kept"]

    assert "Feedback could not be kept (OperationalError)." in caplog.text
    assert _followed(customer) == ["utter_deny"]


def test_without_settings_the_conversation_goes_on(
    customer: Customer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    feedback._store.cache_clear()
    monkeypatch.delenv("LUOTSI_DATABASE_URL", raising=False)
    monkeypatch.delenv("LUOTSI_SECRET_KEY", raising=False)

    assert customer.types("ei auttanut", "feedback_not_helpful") == ["utter_feedback_not_kept"]
    assert "Feedback could not be kept (SettingsError)." in caplog.text


def _praise(conversation: Conversation) -> str:
    dispatcher = CollectingDispatcher()
    conversation.sender_id = SENDER
    assert FeedbackHelpful().run(dispatcher, conversation.tracker(), conversation.domain) == []
    (message,) = dispatcher.messages
    return str(message["response"])


def test_praise_is_kept_for_the_newest_answer(engine: Engine, conversation: Conversation) -> None:
    conversation.says("customs_gift").hears("utter_customs_gift")
    timestamp = conversation.events[-1]["timestamp"]
    conversation.says("thanks").hears("utter_thanks").says("feedback_helpful")

    assert _praise(conversation) == "utter_feedback_helpful"
    with engine.connect() as connection:
        (row,) = connection.execute(sa.select(Feedback.__table__)).all()
    assert (row.sender_id, row.message_id, row.rating, row.comment) == (SENDER, answer_id(timestamp), "helpful", None)


def test_praise_without_an_answer_is_for_the_conversation(engine: Engine, conversation: Conversation) -> None:
    assert _praise(conversation.says("feedback_helpful")) == "utter_feedback_helpful"
    with engine.connect() as connection:
        assert connection.execute(sa.select(Feedback.__table__.c.message_id)).scalar() is None


def test_a_later_opinion_takes_the_place_of_an_earlier_one(engine: Engine, conversation: Conversation) -> None:
    conversation.says("customs_gift").hears("utter_customs_gift").says("feedback_not_helpful")
    conversation.sender_id = SENDER
    feedback.keep(conversation.tracker(), "not_helpful", "Liian vaikea")
    _praise(conversation)

    assert _kept(engine) == [("helpful", None)]


def _asks(conversation: Conversation) -> list[str]:
    dispatcher = CollectingDispatcher()
    assert AskFeedback().run(dispatcher, conversation.tracker(), conversation.domain) == []
    return [message["response"] for message in dispatcher.messages]


def test_at_the_end_it_is_asked_whether_the_answer_helped(conversation: Conversation) -> None:
    conversation.says("customs_gift").hears("utter_customs_gift").says("goodbye").hears("utter_goodbye")

    assert _asks(conversation) == ["utter_ask_feedback"]


@pytest.mark.parametrize("told", ["feedback_helpful", "feedback_not_helpful"])
def test_who_told_already_is_not_asked(conversation: Conversation, told: str) -> None:
    conversation.says("customs_gift").hears("utter_customs_gift").says(told).says("goodbye").hears("utter_goodbye")

    assert _asks(conversation) == []


def test_it_is_asked_once(conversation: Conversation) -> None:
    conversation.says("customs_gift").hears("utter_customs_gift").says("goodbye").hears("utter_ask_feedback")

    assert _asks(conversation.says("goodbye")) == []


def test_without_an_answer_nothing_is_asked(conversation: Conversation) -> None:
    assert _asks(conversation.says("goodbye").hears("utter_goodbye")) == []
