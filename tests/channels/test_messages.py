from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from rasa.core.actions.action import create_bot_utterance
from rasa.shared.core.events import UserUttered

from components.channels.messages import bot_message, customer_message, plain_text, readable_date

TIME = datetime.datetime(2026, 11, 21, 12, 30, 15, 250_000, tzinfo=datetime.timezone.utc)


def _answer(language: str | None = "en", **changes: Any) -> dict[str, Any]:
    """Return an answer as Rasa hands it to a channel."""
    answer = {
        "topic": "customs_gift",
        "title": "A gift",
        "links": [{"title": "Calculator", "url": "https://tulli.fi/laskuri", "language": "fi"}],
        "sources": [{"title": "Customs: gifts", "url": "https://tulli.fi/en/gifts", "language": "en"}],
        "reviewed": "2026-11-01",
        "volatile": True,
        **changes,
    }
    event = create_bot_utterance(
        {
            "text": "**Yes.** See [the page](https://tulli.fi/en).\n\n- one\n- two",
            "buttons": [
                {"title": "Other gifts", "payload": "/customs_other"},
                {"title": "VAT", "payload": "/customs_vat"},
            ],
            "metadata": {"language": language, "answer": answer},
            "utter_action": "utter_customs_gift",
        }
    )
    event.timestamp = TIME.timestamp()
    message: dict[str, Any] = event.message()
    return message


def test_an_answer_is_complete_in_json() -> None:
    message = bot_message(_answer())

    assert re.fullmatch(r"b\d+-\d{6}", message.pop("id"))
    assert message == {
        "from": "bot",
        "language": "en",
        "text": "**Yes.** See [the page](https://tulli.fi/en).\n\n- one\n- two",
        "time": "2026-11-21T12:30:15.250+00:00",
        "buttons": [
            {"title": "Other gifts", "payload": "/customs_other"},
            {"title": "VAT", "payload": "/customs_vat"},
        ],
        "links": [{"title": "Calculator", "url": "https://tulli.fi/laskuri", "language": "fi"}],
        "sources": [{"title": "Customs: gifts", "url": "https://tulli.fi/en/gifts", "language": "en"}],
        "reviewed": "2026-11-01",
        "volatile": True,
    }


def test_a_bare_message_has_empty_fields() -> None:
    message = bot_message({"text": None})

    assert {
        key: message[key] for key in ("text", "language", "buttons", "links", "sources", "reviewed", "volatile")
    } == {
        "text": "",
        "language": None,
        "buttons": [],
        "links": [],
        "sources": [],
        "reviewed": None,
        "volatile": False,
    }
    assert message["time"].endswith("+00:00")


def test_the_same_message_has_the_same_id() -> None:
    assert bot_message(_answer())["id"] == bot_message(_answer())["id"]


def _typed(text: str, metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    event = UserUttered(text, metadata=metadata, timestamp=TIME.timestamp(), message_id="0a1b")
    stored: dict[str, Any] = event.as_dict()
    return stored


def test_a_typed_message_is_shown() -> None:
    message = customer_message(_typed("hetu [FI_PERSONAL_IDENTITY_CODE]"))

    assert message is not None
    assert (message["id"], message["from"], message["text"]) == ("0a1b", "customer", "hetu [FI_PERSONAL_IDENTITY_CODE]")
    assert message["time"] == "2026-11-21T12:30:15.250+00:00"


def test_a_customer_s_message_has_the_fields_of_the_assistant_s() -> None:
    message = customer_message(_typed("hei"))

    assert message is not None
    assert set(message) == set(bot_message(_answer()))


@pytest.mark.parametrize("text", ["/opening", '/opening{"language": "fi"}', "/session_start", "/customs_gift"])
def test_commands_are_hidden(text: str) -> None:
    assert customer_message(_typed(text)) is None


@pytest.mark.parametrize("text", ["1/2", "/", "/ 2 euroa"])
def test_a_slash_alone_is_no_command(text: str) -> None:
    assert customer_message(_typed(text)) is not None


@pytest.mark.parametrize("shown", ["Other gifts", ""])
def test_a_pressed_button_is_shown_as_the_customer_saw_it(shown: str) -> None:
    message = customer_message(_typed("/customs_other", {"shown": shown}))

    assert message is not None
    assert message["text"] == shown


def test_plain_text_in_english() -> None:
    assert plain_text(bot_message(_answer())) == (
        "Yes. See the page: https://tulli.fi/en.\n\n- one\n- two\n\n"
        "Links:\nCalculator: https://tulli.fi/laskuri\n\n"
        "Source:\nCustoms: gifts: https://tulli.fi/en/gifts\nChecked on 1 November 2026.\n"
        "This may change: check it from the source.\n\n"
        "Answer with a number:\n1. Other gifts\n2. VAT"
    )


@pytest.mark.parametrize("language", ["fi", None])
def test_plain_text_in_finnish_or_without_a_language(language: str | None) -> None:
    text = plain_text(bot_message(_answer(language)))

    assert "Linkkejä:\nCalculator: https://tulli.fi/laskuri" in text
    assert "Lähde:\nCustoms: gifts: https://tulli.fi/en/gifts\nTarkistettu 1.11.2026.\n" in text
    assert "Tieto voi muuttua: tarkista se lähteestä." in text
    assert text.endswith("Vastaa numerolla:\n1. Other gifts\n2. VAT")


@pytest.mark.parametrize(
    ("changes", "left_out"),
    [
        ({"links": []}, "Links:"),
        ({"sources": []}, "Source:"),
        ({"sources": []}, "Checked"),
        ({"reviewed": None}, "Checked"),
        ({"volatile": False}, "may change"),
    ],
)
def test_plain_text_leaves_out_what_an_answer_lacks(changes: dict[str, Any], left_out: str) -> None:
    assert left_out in plain_text(bot_message(_answer()))
    assert left_out not in plain_text(bot_message(_answer(**changes)))


def test_plain_text_of_a_bare_message_is_its_text() -> None:
    assert plain_text(bot_message({"text": "Hei!"})) == "Hei!"


@pytest.mark.parametrize(("language", "expected"), [("fi", "1.7.2026"), (None, "1.7.2026"), ("en", "1 July 2026")])
def test_a_date_is_written_as_people_write_it(language: str | None, expected: str) -> None:
    assert readable_date("2026-07-01", language) == expected
