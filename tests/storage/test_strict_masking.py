"""What is handed out has neither names nor numbers, in whatever spelling, and can still be read."""

from __future__ import annotations

import pytest

from components.storage.sanitise import WITHHELD
from components.storage.strict_masking import strictly_masked


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("päätös tuli 12 345, mitä nyt", "345"),
        ("asuin osoitteessa Kivimäki ja muutin pois", "Kivimäki"),
        ("terveisin matti virtanen", "virtanen"),
        ("TERVEISIN MATTI VIRTANEN", "VIRTANEN"),
        ("katso minunsivu.fi/oma", "minunsivu"),
        ("my lawyer Zebrowska said so", "Zebrowska"),
        ("tunnus 010190-987N", "987N"),
        ("hakemus 5 000 123 odottaa", "123"),
    ],
)
def test_what_may_lead_to_a_person_is_gone(text: str, gone: str) -> None:
    assert gone not in strictly_masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "Paljonko lupa maksaa? Entä jatkolupa?",
        "Can I travel to Sweden while I wait for Migri?",
        "nimeni on [NAME_1] ja puh [PHONE_NUMBER]",
        "odotan 3 viikkoa",
    ],
)
def test_what_leads_to_nobody_stays(text: str) -> None:
    assert strictly_masked(text) == text


def test_a_message_about_a_special_category_is_left_out_whole() -> None:
    assert strictly_masked("minulla on syöpä ja odotan lupaa") == WITHHELD


def test_masking_twice_changes_nothing() -> None:
    once = strictly_masked("Soita Kivimäelle numeroon 040 123 4567, terveisin matti virtanen")
    assert strictly_masked(once) == once


def test_ordinary_words_in_a_row_are_no_name() -> None:
    text = "paljonko oleskelulupa mahtaa nykyään maksaa opiskelijalle"
    assert strictly_masked(text) == text
