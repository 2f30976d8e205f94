"""Whole conversations as people have them, from `dialogues/fi.yml` and `dialogues/en.yml`, over HTTP.

A turn is what the customer `says`, or the button that they press: its payload (`presses`) and its label (`shown`).
`expect` tells what the reply must hold, in all of its messages together:

topic: the answer of this topic. offers: its answer, or a button that leads to it. contains, not_contains: a phrase, in
any case. buttons: the payload of a button. messages: how many messages there are. language: the language of the
messages that name one, the dialogue's own when nothing is said, or `any`.

A list expects every one of its items. Alternatives are parted by a bar: `customs_gift|customs_ioss`.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.content.catalogue import Catalogue, load_catalogue
from tests.service.product import ROOT, Product

pytestmark = pytest.mark.service

FOLDER = Path(__file__).parent / "dialogues"
DIALOGUES: list[dict[str, Any]] = [
    dialogue
    for language in ("fi", "en")
    for dialogue in yaml.safe_load((FOLDER / f"{language}.yml").read_text(encoding="utf-8"))
]
EXPECTATIONS = {"topic", "offers", "contains", "not_contains", "buttons", "language", "messages"}


@functools.cache
def _catalogue() -> Catalogue:
    return load_catalogue(ROOT / "data" / "faq")


def _plain(text: str) -> str:
    """Return the text in lower case, with ordinary spaces and without marks of emphasis."""
    return " ".join(text.replace("**", "").lower().split())


def _every(expected: str | list[str] | None) -> list[str]:
    if expected is None:
        return []
    return [expected] if isinstance(expected, str) else expected


def _is_answer(topic: str, text: str) -> bool:
    """Tell whether the text has the beginning of the topic's answer, or its answer in plain words."""
    found = _catalogue()[topic].topic
    beginnings = [answer.split("\n", 1)[0] for answer in (found.answer.fi, found.answer.en)]
    plain = [found.plain.fi, found.plain.en] if found.plain else []
    return any(_plain(one) in text for one in [*beginnings, *plain])


def _faults(expect: dict[str, Any], language: str, messages: list[dict[str, Any]]) -> list[str]:
    """Return what the reply lacks, or has too much."""
    text = _plain(" ".join(message["text"] for message in messages))
    payloads = {button["payload"] for message in messages for button in message["buttons"]}
    faults = []
    if not text:
        faults.append("no answer")
    for topics in _every(expect.get("topic")):
        if not any(_is_answer(topic, text) for topic in topics.split("|")):
            faults.append(f"no answer about {topics}")
    for topic in _every(expect.get("offers")):
        if not _is_answer(topic, text) and f"/{topic}" not in payloads:
            faults.append(f"neither an answer nor a button about {topic}")
    for phrases in _every(expect.get("contains")):
        if not any(_plain(phrase) in text for phrase in phrases.split("|")):
            faults.append(f"does not contain {phrases!r}")
    faults += [f"contains {phrase!r}" for phrase in _every(expect.get("not_contains")) if _plain(phrase) in text]
    for wanted in _every(expect.get("buttons")):
        if payloads.isdisjoint(wanted.split("|")):
            faults.append(f"no button {wanted}, only {sorted(map(str, payloads))}")
    spoken = sorted({message["language"] for message in messages if message["language"]})
    if language != "any" and spoken != [language]:
        faults.append(f"speaks {spoken} and not {language}")
    if len(messages) != expect.get("messages", len(messages)):
        faults.append(f"{len(messages)} messages and not {expect['messages']}")
    return faults


def _shown(turn: dict[str, Any], messages: list[dict[str, Any]], faults: list[str]) -> str:
    lines = [f"CUSTOMER  {turn['says']}" if "says" in turn else f"CUSTOMER  [{turn['shown']}] {turn['presses']}"]
    for message in messages:
        buttons = " ".join(f"[{button['title']}]" for button in message["buttons"])
        lines.append(f"LUOTSI    {message['text']} {buttons}".rstrip().replace("\n", "\n          "))
    return "\n".join([*lines, *(f"  !!!     {fault}" for fault in faults)])


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=[f"{one['language']}: {one['name']}" for one in DIALOGUES])
def test_a_dialogue_goes_as_a_customer_would_expect(product: Product, dialogue: dict[str, Any]) -> None:
    customer = product.customer(dialogue["language"])
    shown: list[str] = []
    failed = False
    for turn in dialogue["turns"]:
        expect = turn["expect"]
        assert expect.keys() <= EXPECTATIONS, expect
        messages = customer.say(turn.get("says", turn.get("shown")), payload=turn.get("presses"))
        faults = _faults(expect, expect.get("language", dialogue["language"]), messages)
        failed = failed or bool(faults)
        shown.append(_shown(turn, messages, faults))
    if failed:
        pytest.fail("\n\n".join([dialogue["name"], *shown]), pytrace=False)


@pytest.mark.parametrize("language", ["fi", "en"])
def test_dialogues_have_names_of_their_own_and_topics_that_exist(language: str) -> None:
    ours = [dialogue for dialogue in DIALOGUES if dialogue["language"] == language]
    named = {
        topic
        for dialogue in ours
        for turn in dialogue["turns"]
        for topics in _every(turn["expect"].get("topic")) + _every(turn["expect"].get("offers"))
        for topic in topics.split("|")
    }
    assert len({dialogue["name"] for dialogue in ours}) == len(ours) >= 25
    assert named <= set(_catalogue())
