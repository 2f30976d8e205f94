"""Published texts are known again when their places were filled in; what was filled in is masked all the same."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, SlotSet, UserUttered

from components.storage.published import Published
from components.storage.sanitise import public_strings, sanitise
from components.storage.tracker_store import published_strings

TEMPLATE = "Soita Maija Mallinen, {what}, puhelin 040 123 4567: {lines}\nKiitos."
LINE = "- **Maija:** {amount} euroa yhteensä"
PUBLIC = public_strings({"utter_a": [{"text": TEMPLATE}], "utter_line": [{"text": LINE}], "utter_b": "040 765 4321"})


@pytest.mark.parametrize(
    "text",
    [
        TEMPLATE.format(what="asia", lines="10"),
        TEMPLATE.format(what="", lines=""),
        TEMPLATE.format(what="asia", lines=f"{LINE.format(amount=3)}\n{LINE.format(amount='1,50')}"),
        TEMPLATE.format(what="asia", lines="040 765 4321"),
        LINE.format(amount=3),
        TEMPLATE,
    ],
)
def test_published_parts_stay(text: str) -> None:
    assert sanitise(text, PUBLIC) == text


@pytest.mark.parametrize(
    ("what", "masked"),
    [
        ("hetu 131052-951T", "hetu [FI_PERSONAL_IDENTITY_CODE]"),
        ("a@posti.invalid tai 040 111 2222", "[EMAIL_ADDRESS] tai [PHONE_NUMBER]"),
    ],
)
def test_what_was_filled_in_is_masked(what: str, masked: str) -> None:
    text = TEMPLATE.format(what=what, lines=what)
    assert sanitise(text, PUBLIC) == TEMPLATE.format(what=masked, lines=masked)


def test_a_value_is_masked_for_the_words_around_it() -> None:
    public = public_strings("Diaarinumerosi on {number} ja kiitos.")
    assert sanitise("Diaarinumerosi on 123456 ja kiitos.", public) == "Diaarinumerosi on [CASE_NUMBER] ja kiitos."


@pytest.mark.parametrize(
    "text",
    [
        "Soita Maija Mallinen, asia, puhelin 040 123 4567: 10\nKiitos. Soita 040 123 4567",
        "Hei! Soita Maija Mallinen, asia, puhelin 040 123 4567: 10\nKiitos.",
        "Soita Maija Mallinen, asia, puhelin 040 123 4567",
    ],
)
def test_a_text_that_only_resembles_a_template_is_masked(text: str) -> None:
    assert "040 123 4567" not in sanitise(text, PUBLIC)


@pytest.mark.parametrize("template", ["{a}", "{a} {b}", "{a}–{b} €", "on {x}"])
def test_a_template_that_says_next_to_nothing_exempts_nothing(template: str) -> None:
    filled_in = re.sub(r"\{\w\}", "Maija Mallinen", template)
    assert Published([template]).ranges_in(filled_in) == []


def test_sanitising_again_changes_nothing() -> None:
    once = sanitise(TEMPLATE.format(what="040 111 2222", lines="x"), PUBLIC)
    assert sanitise(once, PUBLIC) == once


@given(st.text(alphabet="abc:, -\n0", max_size=60), st.text(alphabet="abc:, -\n0", max_size=60))
def test_the_ranges_lie_in_order_and_hold_what_is_published(what: str, lines: str) -> None:
    text = TEMPLATE.format(what=what, lines=lines)
    ranges = PUBLIC.ranges_in(text)
    assert all(0 <= first <= last <= len(text) for first, last in ranges)
    assert ranges == sorted(ranges)
    assert text[slice(*ranges[0])] == TEMPLATE.split("{what}")[0]
    assert text[slice(*ranges[-1])] == "\nKiitos."


def test_a_text_made_to_take_long_does_not() -> None:
    public = Published(["Alku on tämä: " + "{a}-" * 20 + " ja tämä on loppu."])
    begun = time.perf_counter()
    assert public.ranges_in("Alku on tämä: " + "-" * 100_000) == []
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize(
    "event",
    [
        UserUttered("hei", {"name": "greet", "confidence": 1.0}, [], input_channel="web", message_id="a"),
        BotUttered("Hei!", {"buttons": [{"title": "a", "payload": "/b"}]}, {"utter_action": "utter_greet"}),
        SlotSet("language", "fi"),
        ActionExecuted("action_listen", "policy", 1.0),
        SessionStarted(),
    ],
    ids=lambda event: event.type_name,
)
def test_the_fields_of_events_are_known_and_cost_no_masking(event: Event) -> None:
    names: set[str] = set()

    def walk(value: object) -> None:
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(item)
        names.update(value if isinstance(value, dict) else ())

    walk(event.as_dict())
    assert names and names <= published_strings(Domain.empty())
