"""Reading a message as several questions, as a follow-up, or without what was masked in it."""

from __future__ import annotations

import pytest

from components.nlu.readings import MAX_PARTS, follow_up, question_beside_data, questions_in

TITLE = "Opiskelijan oleskelulupa"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("paljonko lupa maksaa ja kauanko siinä kestää?", ["paljonko lupa maksaa", "kauanko siinä kestää?"]),
        ("how much is the fee and can i work while waiting", ["how much is the fee", "can i work while waiting"]),
        ("Can I travel? Do I need a visa for Sweden?", ["Can I travel?", "Do I need a visa for Sweden?"]),
        ("onko lahja veroton ja pitääkö se ilmoittaa", ["onko lahja veroton", "pitääkö se ilmoittaa"]),
        ("miten tullaan paketin\npaljonko siitä maksetaan", ["miten tullaan paketin", "paljonko siitä maksetaan"]),
        (
            "what does it cost, and how long does it take and where do i apply",
            ["what does it cost", "how long does it take", "where do i apply"],
        ),
    ],
)
def test_questions_that_stand_side_by_side_are_taken_apart(text: str, parts: list[str]) -> None:
    assert [reading.text for reading in questions_in(text)] == parts
    assert {reading.kind for reading in questions_in(text)} == {"part"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "paljonko lupa maksaa",
        "voinko tuoda olutta ja viiniä virosta",
        "i ordered shoes and a jacket from china what is the tax",
        "Olen Migrissä jonossa. Kauanko käsittely kestää?",
        "mitä ja missä pitää ilmoittaa",
        "my wife and i want to move to finland, which permit",
        "what? how? when?",
    ],
)
def test_one_question_stays_one(text: str) -> None:
    assert questions_in(text) == []


def test_a_list_of_many_questions_is_left_whole() -> None:
    assert questions_in("what is the fee? " * (MAX_PARTS + 1)) == []


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("entä lapset?", "lapset?"),
        ("paljonko se maksaa", "paljonko se maksaa"),
        ("and for my wife?", "for my wife?"),
        ("what about the language test", "the language test"),
        ("Mitä jos mulla ei ole passia", "mulla ei ole passia"),
        ("how long does it take", "how long does it take"),
        ("ENTÄ VAKUUTUS", "VAKUUTUS"),
    ],
)
def test_what_leans_on_the_topic_before_is_read_with_it(text: str, reading: str) -> None:
    assert [item.text for item in follow_up(text, TITLE)] == [f"{TITLE}: {reading}"]


@pytest.mark.parametrize(
    "text",
    [
        "mistä varaan ajan migriin",
        "what is ioss",
        "setä tuli käymään",
        "andorra",
        "how much does it cost to apply for citizenship online if i am eighteen years old now",
        "",
    ],
)
def test_what_stands_alone_is_read_alone(text: str) -> None:
    assert follow_up(text, TITLE) == []


def test_without_a_topic_nothing_is_followed_up() -> None:
    assert follow_up("entä lapset?", None) == []


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("my code is [FI_PERSONAL_IDENTITY_CODE], how do i declare a parcel", "how do i declare a parcel"),
        ("hetu [FI_PERSONAL_IDENTITY_CODE], miten tullaan paketin", "miten tullaan paketin"),
        ("how do i declare a parcel? my number is [CASE_NUMBER]", "how do i declare a parcel"),
        ("olen [NAME_1] saako koiran tuoda virosta", "saako koiran tuoda virosta"),
    ],
)
def test_a_question_beside_personal_data_is_read_alone(text: str, question: str) -> None:
    assert [(reading.kind, reading.text) for reading in question_beside_data(text)] == [
        ("question_beside_data", question)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "how do i declare a parcel",
        "my code is [FI_PERSONAL_IDENTITY_CODE]",
        "what is the state of my application [CASE_NUMBER]",
        "[CASE_NUMBER], please look",
        "[NAME], how much is it? how long does it take?",
    ],
)
def test_nothing_is_asked_beside_personal_data(text: str) -> None:
    assert question_beside_data(text) == []
