from __future__ import annotations

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.temper import COMPLAINED, INSULTED, UPSET, Calm, is_shouting, next_variation
from tests.actions.conftest import Conversation


def _calm(conversation: Conversation) -> str:
    dispatcher = CollectingDispatcher()
    assert Calm().run(dispatcher, conversation.tracker(), conversation.domain) == []
    (message,) = dispatcher.messages
    return str(message["response"])


def test_the_action_has_the_name_of_the_domain(conversation: Conversation) -> None:
    assert Calm().name() in conversation.domain["actions"]


@pytest.mark.parametrize("response", sorted({*COMPLAINED, *INSULTED, *UPSET}))
def test_every_variation_is_written(conversation: Conversation, response: str) -> None:
    assert response in conversation.domain["responses"]


@pytest.mark.parametrize(("intent", "variations"), [("insult", INSULTED), ("complaint_feedback", COMPLAINED)])
def test_the_same_words_are_never_said_twice_in_a_row(
    conversation: Conversation, intent: str, variations: tuple[str, ...]
) -> None:
    said = []
    for _ in range(7):
        conversation.says(intent)
        said.append(_calm(conversation))
        conversation.hears(said[-1])

    assert tuple(said[:3]) == variations
    assert all(first != second for first, second in zip(said, said[1:], strict=False))


def test_a_complaint_after_insults_still_tells_where_to_complain(conversation: Conversation) -> None:
    for said in INSULTED:
        conversation.says("insult").hears(said)
    conversation.says("complaint_feedback")

    assert _calm(conversation) == "utter_complaint_feedback"


def test_a_new_session_begins_from_the_first_words(conversation: Conversation) -> None:
    conversation.says("insult").hears(INSULTED[0]).comes_back().says("insult")

    assert next_variation(conversation.tracker(), INSULTED) == INSULTED[0]


@pytest.mark.parametrize("response", ["utter_insult", "utter_calm_shorter", "utter_calm_person"])
def test_a_person_and_feedback_are_offered(conversation: Conversation, response: str) -> None:
    for variation in conversation.domain["responses"][response][:2]:
        assert [button["payload"] for button in variation["buttons"]] == ["/ask_for_person", "/complaint_feedback"]


@pytest.mark.parametrize("response", ["utter_calm_shorter", "utter_calm_person"])
def test_later_words_are_fewer(conversation: Conversation, response: str) -> None:
    def length(name: str, index: int) -> int:
        return len(conversation.domain["responses"][name][index]["text"])

    assert all(length(response, index) < length("utter_insult", index) for index in (0, 1))


@pytest.mark.parametrize(
    ("text", "shouting"),
    [
        ("MIKSI TÄMÄ EI TOIMI", True),
        ("WHY DON'T YOU ANSWER ME?!", True),
        ("ETTÄ MUN NIMI ON [NAME]", True),
        ("ihan tavallinen kysymys", False),
        ("Miksi EI toimi", False),
        ("EORI AEO", False),
        ("IOSS", False),
        ("[PERSON] [PHONE_NUMBER]", False),
        ("112 112 112 112", False),
        ("", False),
    ],
)
def test_shouting_is_several_words_in_capitals(text: str, shouting: bool) -> None:
    assert is_shouting(text) is shouting
