from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from rasa.core.actions.action import create_bot_utterance
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered

from components.channels.messages import (
    bot_message,
    customer_message,
    plain_text,
    readable_date,
    removal_notice,
    transcript,
    without_markdown,
)

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
        "action": None,
        "image": None,
        "masked": [],
        "notice": None,
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


def test_a_picture_has_its_address_and_its_words() -> None:
    image = {"url": "/chat/statistics/asylum.svg?language=en", "alt": "Half within 5 months."}
    event = create_bot_utterance({"text": "See:", "metadata": {"language": "en", "image": image}})
    message = bot_message(event.message())

    assert message["image"] == image
    assert plain_text(message) == "See:\n\nHalf within 5 months."


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


def test_an_answer_can_name_what_the_page_should_offer() -> None:
    message = {**_answer(), "metadata": {"language": "en", "action": "delete"}}

    assert bot_message(message)["action"] == "delete"


@pytest.mark.parametrize("action", ["show_notice", "show_stored", "delete", "do_not_store"])
@pytest.mark.parametrize(("language", "where"), [("fi", "Omat tietosi"), ("en", "Your data")])
def test_plain_text_says_where_an_action_is_done(action: str, language: str, where: str) -> None:
    message = bot_message({"text": "Hei", "metadata": {"language": language, "action": action}})

    assert where in plain_text(message).splitlines()[-1]


def test_plain_text_says_first_what_was_removed() -> None:
    assert plain_text(bot_message({"text": "Hei!"}), notice="Poistin jotain.") == "Poistin jotain.\n\nHei!"


@pytest.mark.parametrize(
    ("labels", "fi", "en"),
    [
        (
            ["FI_PERSONAL_IDENTITY_CODE"],
            "Poistin viestistäsi henkilötunnukselta näyttävän tiedon; sitä ei täällä tarvita.",
            "I removed what looked like a personal identity code from your message; you do not need it here.",
        ),
        (
            ["PERSON", "PHONE_NUMBER"],
            "Poistin viestistäsi ihmisen nimeltä ja puhelinnumerolta näyttäviä tietoja; niitä ei täällä tarvita.",
            "I removed what looked like a person’s name and a phone number from your message; "
            "you do not need them here.",
        ),
        (
            ["PERSON", "IBAN", "URL"],
            "Poistin viestistäsi ihmisen nimeltä, tilinumerolta ja henkilökohtaiselta verkko-osoitteelta näyttäviä "
            "tietoja; niitä ei täällä tarvita.",
            "I removed what looked like a person’s name, an account number and a personal web address from your "
            "message; you do not need them here.",
        ),
        (
            ["SOMETHING_NEW", "SOMETHING_ELSE"],
            "Poistin viestistäsi henkilötiedolta näyttävän tiedon; sitä ei täällä tarvita.",
            "I removed what looked like personal data from your message; you do not need it here.",
        ),
    ],
)
def test_what_was_removed_is_named_in_one_sentence(labels: list[str], fi: str, en: str) -> None:
    assert removal_notice(labels, "fi") == removal_notice(labels, None) == fi
    assert removal_notice(labels, "en") == en


def _said(text: str, *masked: str) -> dict[str, Any]:
    event = UserUttered(text, metadata={"masked": list(masked)}, timestamp=TIME.timestamp(), message_id="0a1b")
    stored: dict[str, Any] = event.as_dict()
    return stored


def _answered(text: str = "Hei!", language: str | None = "fi") -> dict[str, Any]:
    event = BotUttered(text, metadata={"metadata": {"language": language}}, timestamp=TIME.timestamp())
    stored: dict[str, Any] = event.as_dict()
    return stored


def test_a_transcript_holds_what_was_said_in_order() -> None:
    events = [
        ActionExecuted("action_session_start").as_dict(),
        _said("/opening"),
        _answered("Tervetuloa"),
        _said("kysymys"),
        ActionExecuted("utter_x").as_dict(),
        _answered("vastaus"),
    ]

    assert [(message["from"], message["text"]) for message in transcript(events)] == [
        ("bot", "Tervetuloa"),
        ("customer", "kysymys"),
        ("bot", "vastaus"),
    ]


def test_a_transcript_shows_a_bot_s_message_as_it_was_sent() -> None:
    sent = {"text": "**Yes.**", "buttons": [{"title": "VAT", "payload": "/vat"}], "metadata": {"language": "en"}}
    event = create_bot_utterance({**sent, "utter_action": "utter_x"})
    event.timestamp = TIME.timestamp()

    (message,) = transcript([event.as_dict()])

    assert message == bot_message(event.message())
    assert (message["language"], message["buttons"]) == ("en", sent["buttons"])


def test_the_customer_is_told_once_what_was_removed() -> None:
    events = [
        _answered("Tervetuloa"),
        _said("hei"),
        _answered(),
        _said("soita [PHONE_NUMBER]", "PHONE_NUMBER"),
        _answered(),
        _said("hetu [FI_PERSONAL_IDENTITY_CODE]", "FI_PERSONAL_IDENTITY_CODE"),
        _answered(),
    ]

    messages = transcript(events)

    assert [message["masked"] for message in messages if message["from"] == "customer"] == [
        [],
        ["PHONE_NUMBER"],
        ["FI_PERSONAL_IDENTITY_CODE"],
    ]
    assert [message["notice"] for message in messages if message["notice"]] == [removal_notice(["PHONE_NUMBER"], "fi")]
    assert messages[3]["notice"] is not None


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("fi", ["en"], "en"),
        ("en", [None], "en"),
        ("en", [], "en"),
        ("fi", ["en", "fi"], "en"),
        (None, [None], "fi"),
    ],
)
def test_the_notice_is_in_the_language_of_the_answer(
    before: str | None, after: list[str | None], expected: str
) -> None:
    later = [event for language in after for event in (_answered(language=language), _said("ok"))]
    events = [_answered(language=before), _said("soita [PHONE_NUMBER]", "PHONE_NUMBER"), *later]

    assert transcript(events)[1]["notice"] == removal_notice(["PHONE_NUMBER"], expected)


def test_markdown_becomes_plain_text() -> None:
    assert without_markdown("**Yes.** See [a page](https://tulli.fi/en).") == "Yes. See a page: https://tulli.fi/en."
