from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.shared.importers.importer import TrainingDataImporter

from components.content.catalogue import Catalogue, CatalogueEntry, load_catalogue
from components.content.importer import FaqImporter
from components.content.schema import LANGUAGES
from components.privacy import anonymise

ROOT = Path(__file__).parents[2]
CATALOGUE: Catalogue = load_catalogue(ROOT / "data" / "faq")
DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
INTENTS = {name for item in DOMAIN["intents"] for name in item}
# Set by the pipeline or a channel, never by what a customer writes.
WITHOUT_EXAMPLES = {"nlu_fallback", "out_of_scope", "other_language", "opening", "welcome_back"}

every_topic = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=list(CATALOGUE))


def _nlu_examples() -> list[tuple[str, str, str]]:
    """Return (language, intent, example) of the conversation's own examples."""
    found: list[tuple[str, str, str]] = []
    for path in sorted((ROOT / "data" / "nlu").glob("*/*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            lines = str(block["examples"]).splitlines()
            found += [(path.parent.name, str(block["intent"]), line.removeprefix("- ").strip()) for line in lines]
    return found


NLU_EXAMPLES = _nlu_examples()


@pytest.mark.parametrize("agency", ["immigration", "customs"])
def test_each_agency_has_topics(agency: str) -> None:
    assert sum(1 for entry in CATALOGUE.values() if entry.agency == agency) >= 10


@every_topic
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_topic_is_complete_in_both_languages(entry: CatalogueEntry, language: str) -> None:
    assert entry.title(language)
    assert len(entry.answer(language).split()) >= 30
    assert len(set(entry.examples(language))) >= 14


@every_topic
def test_a_topic_names_its_sources_and_review(entry: CatalogueEntry) -> None:
    assert entry.topic.sources
    assert datetime.date(2026, 1, 1) <= entry.topic.reviewed


@every_topic
def test_follow_ups_exist(entry: CatalogueEntry) -> None:
    assert set(entry.topic.follow_up) <= set(CATALOGUE) - {entry.name}


@every_topic
def test_a_topic_holds_no_personal_data(entry: CatalogueEntry) -> None:
    texts = [example for language in LANGUAGES for example in entry.examples(language)]
    texts += [entry.title(language) for language in LANGUAGES]

    assert [text for text in texts if anonymise(text).text != text] == []


@every_topic
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_links_to_secure_pages_only(entry: CatalogueEntry, language: str) -> None:
    addresses = re.findall(r"\]\(([^)]*)\)", entry.answer(language))

    assert [address for address in addresses if not address.startswith("https://")] == []


def test_the_conversation_s_examples_hold_no_personal_data() -> None:
    assert [example for _, _, example in NLU_EXAMPLES if anonymise(example).text != example] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_of_the_domain_has_examples(language: str) -> None:
    having = {intent for own, intent, _ in NLU_EXAMPLES if own == language}

    assert having == INTENTS - WITHOUT_EXAMPLES


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("wish", ["notice", "show_stored", "delete", "do_not_store", "contact"])
def test_a_wish_about_one_s_own_data_is_understood_in_many_words(wish: str, language: str) -> None:
    examples = {example for own, intent, example in NLU_EXAMPLES if (own, intent) == (language, f"privacy_{wish}")}

    assert len(examples) >= 25


def test_no_example_stands_in_two_intents() -> None:
    intents: dict[str, set[str]] = {}
    for _, intent, example in NLU_EXAMPLES:
        intents.setdefault(example.casefold(), set()).add(intent)
    for entry in CATALOGUE.values():
        for language in LANGUAGES:
            for example in [*entry.examples(language), entry.title(language)]:
                intents.setdefault(example.casefold(), set()).add(entry.name)

    assert {example: names for example, names in intents.items() if len(names) > 1} == {}


def _buttons() -> list[tuple[str, str]]:
    return [
        (response, button["payload"])
        for response, variations in DOMAIN["responses"].items()
        for variation in variations
        for button in variation.get("buttons", [])
    ]


@pytest.mark.parametrize(("response", "payload"), sorted(set(_buttons())))
def test_every_button_leads_to_an_intent(response: str, payload: str) -> None:
    assert payload.removeprefix("/") in INTENTS | set(CATALOGUE)


@pytest.mark.parametrize("response", DOMAIN["responses"])
def test_every_fixed_text_is_in_both_languages_with_a_default(response: str) -> None:
    variations = DOMAIN["responses"][response]
    languages = [variation["condition"][0]["value"] for variation in variations if "condition" in variation]

    assert sorted(languages) == ["en", "fi"]
    assert sum(1 for variation in variations if "condition" not in variation) == 1


def test_the_project_s_own_configuration_imports_the_content() -> None:
    importer = FaqImporter(str(ROOT / "config.yml"), str(ROOT / "domain.yml"), [str(ROOT / "data")])

    assert set(CATALOGUE) | INTENTS <= set(importer.get_domain().intents)
    assert set(importer.get_nlu_data().intents) == (set(CATALOGUE) | INTENTS) - WITHOUT_EXAMPLES


def test_every_response_with_a_condition_names_its_language_wherever_rasa_read_it() -> None:
    importer = TrainingDataImporter.load_from_config(
        str(ROOT / "config.yml"), str(ROOT / "domain.yml"), [str(ROOT / "data")]
    )
    unnamed = [
        name
        for name, variations in importer.get_domain().responses.items()
        for variation in variations
        if variation.get("condition") and not (variation.get("metadata") or {}).get("language")
    ]

    assert unnamed == []
