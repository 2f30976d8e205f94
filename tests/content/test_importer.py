from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.shared.core.domain import Domain
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.content.catalogue import ContentError
from components.content.importer import FaqImporter
from tests.content.samples import raw_topic, sound_topics, write_text, write_topics

CONFIG = """
recipe: default.v1
language: fi
importers:
  - name: components.content.importer.FaqImporter
    faq_folder: faq
pipeline: []
policies: []
"""

DOMAIN = """
version: "3.1"
intents:
  - greet: {use_entities: []}
slots:
  language:
    type: categorical
    values: [fi, en]
    mappings:
      - type: custom
responses:
  utter_greet:
    - condition: [{type: slot, name: language, value: fi}]
      text: Hei
    - condition: [{type: slot, name: language, value: en}]
      text: Hello
    - text: Hei, hello
  utter_in_short:
    - condition: [{type: slot, name: language, value: fi}]
      text: "Lyhyesti:"
    - text: "Lyhyesti:"
"""

NLU = """
version: "3.1"
nlu:
  - intent: greet
    examples: |
      - hei
      - hello
"""


@pytest.fixture()
def project(tmp_path: Path) -> Path:
    write_text(tmp_path, CONFIG, file="config.yml")
    write_text(tmp_path, DOMAIN, file="domain.yml")
    write_text(tmp_path, NLU, file="data/nlu.yml")
    write_topics(tmp_path / "faq", *sound_topics())
    return tmp_path


@pytest.fixture()
def importer(project: Path) -> TrainingDataImporter:
    return TrainingDataImporter.load_from_config(
        str(project / "config.yml"), str(project / "domain.yml"), [str(project / "data")]
    )


@pytest.fixture()
def domain(importer: TrainingDataImporter) -> Domain:
    return importer.get_domain()


@pytest.fixture()
def nlu_data(importer: TrainingDataImporter) -> TrainingData:
    return importer.get_nlu_data()


@pytest.fixture()
def variations(domain: Domain) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = domain.responses["utter_customs_gift"]
    return found


def test_every_topic_is_an_intent_beside_those_of_the_domain_file(domain: Domain) -> None:
    assert {"greet", "customs_parcel", "customs_gift"} <= set(domain.intents)


def test_a_topic_intent_uses_no_entities(domain: Domain) -> None:
    assert domain.intent_properties["customs_gift"]["used_entities"] == []


def test_every_answer_is_an_action(domain: Domain) -> None:
    assert "utter_customs_gift" in domain.action_names_or_texts


@pytest.mark.parametrize(("intent", "count"), [("customs_gift", 30), ("customs_parcel", 30), ("greet", 2)])
def test_examples_and_titles_of_topics_and_files_are_learnt(nlu_data: TrainingData, intent: str, count: int) -> None:
    assert nlu_data.number_of_examples_per_intent[intent] == count


@pytest.mark.parametrize(
    ("language", "word"), [("fi", "kysymys"), ("en", "question"), ("fi", "Otsikko"), ("en", "Title")]
)
def test_an_example_says_its_language(nlu_data: TrainingData, language: str, word: str) -> None:
    languages = {
        example.get("metadata")["example"]["language"]
        for example in nlu_data.intent_examples
        if example.get("text").startswith(word)
    }

    assert languages == {language}


@pytest.mark.parametrize(("index", "language", "text"), [(0, "fi", "sana"), (1, "en", "word")])
def test_an_answer_in_a_language_has_the_slot_as_its_condition(
    variations: list[dict[str, Any]], index: int, language: str, text: str
) -> None:
    assert variations[index]["condition"] == [{"type": "slot", "name": "language", "value": language}]
    assert variations[index]["metadata"]["language"] == language
    assert variations[index]["text"].startswith(text)


def test_the_default_answer_is_finnish_and_unconditional(variations: list[dict[str, Any]]) -> None:
    assert len(variations) == 3
    assert "condition" not in variations[2]
    assert variations[2]["text"] == variations[0]["text"]


@pytest.mark.parametrize(("index", "title"), [(0, "Otsikko parcel"), (1, "Title parcel"), (2, "Otsikko parcel")])
def test_buttons_lead_to_the_follow_ups(variations: list[dict[str, Any]], index: int, title: str) -> None:
    assert variations[index]["buttons"] == [{"title": title, "payload": "/customs_parcel"}]


def test_the_answer_carries_its_metadata(variations: list[dict[str, Any]]) -> None:
    assert variations[1]["metadata"]["answer"] == {
        "topic": "customs_gift",
        "title": "Title gift",
        "links": [{"title": "Laskuri", "url": "https://tulli.fi/laskuri", "language": "fi"}],
        "sources": [{"title": "Customs: gifts", "url": "https://tulli.fi/en/gifts", "language": "en"}],
        "reviewed": "2026-10-01",
        "volatile": True,
    }


@pytest.mark.parametrize(("index", "text"), [(0, "Lyhyesti: " + "sana " * 39 + "sana"), (1, "word " * 39 + "word")])
def test_a_topic_without_plain_words_has_the_gist_of_its_answer(domain: Domain, index: int, text: str) -> None:
    assert domain.responses["utter_plain_customs_gift"][index]["text"] == text


@pytest.mark.parametrize(
    ("index", "text"), [(0, "Lahja on veroton."), (1, "A gift is free."), (2, "Lahja on veroton.")]
)
def test_plain_words_are_said_as_they_are_written(project: Path, index: int, text: str) -> None:
    plain = {"fi": "Lahja on veroton.", "en": "A gift is free."}
    write_topics(project / "faq", raw_topic("parcel", follow_up=["customs_gift"]), raw_topic("gift", plain=plain))
    importer = FaqImporter(str(project / "config.yml"), str(project / "domain.yml"), [], faq_folder="faq")

    variation = importer.get_domain().responses["utter_plain_customs_gift"][index]

    assert variation["text"] == text


def test_a_plain_answer_names_its_language(domain: Domain, variations: list[dict[str, Any]]) -> None:
    plain = domain.responses["utter_plain_customs_gift"]

    assert [item["metadata"] for item in plain] == [{"language": language} for language in ("fi", "en", "fi")]
    assert [item.get("condition") for item in plain] == [item.get("condition") for item in variations]


def test_variations_of_the_domain_file_name_their_language_too(domain: Domain) -> None:
    languages = [(item.get("metadata") or {}).get("language") for item in domain.responses["utter_greet"]]

    assert languages == ["fi", "en", None]


def test_topics_bring_no_rules(importer: TrainingDataImporter) -> None:
    assert importer.get_stories().story_steps == []


def test_the_domain_survives_being_stored_with_the_model(domain: Domain) -> None:
    restored = Domain.from_dict(yaml.safe_load(domain.as_yaml()))

    assert [item["metadata"]["language"] for item in restored.responses["utter_customs_gift"]] == ["fi", "en", "fi"]
    assert restored.responses == domain.responses


@pytest.fixture()
def faulty_project(project: Path) -> Iterator[Path]:
    write_topics(project / "faq", *sound_topics(), raw_topic("third", volatile="maybe"))
    yield project


def test_faulty_content_is_not_trained(faulty_project: Path) -> None:
    with pytest.raises(ContentError, match="topic customs_third: 'volatile' is neither true nor false"):
        FaqImporter(str(faulty_project / "config.yml"), str(faulty_project / "domain.yml"), [], faq_folder="faq")
