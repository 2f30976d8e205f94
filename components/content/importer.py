"""Rasa's view of the content: intents, examples and answers made from the topic files."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method

from components.content.catalogue import Catalogue, CatalogueEntry, ContentError, Problem, load_catalogue
from components.content.schema import LANGUAGES, Page
from components.content.sentences import gist

DEFAULT_LANGUAGE = LANGUAGES[0]
DOMAIN_VERSION = "3.1"


class FaqImporter(RasaFileImporter):
    """Adds the topics of `faq_folder` and the domains of `services_folder` to the files that Rasa reads itself.

    Every topic becomes the intent `<agency>_<id>` with its examples, and the response `utter_<agency>_<id>` with one
    variation per language. Raises components.content.catalogue.ContentError when the content is not in order, so
    that a faulty answer is never trained.
    """

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        faq_folder: str = "data/faq",
        services_folder: str = "data/services",
    ) -> None:
        super().__init__(config_file, domain_path, training_data_paths)
        base = Path(config_file).parent if config_file else Path()
        self.catalogue = load_catalogue(base / faq_folder)
        self._services_folder = base / services_folder

    @cached_method
    def get_domain(self) -> Domain:
        """Return the domain file's content with the services' domains and the topics' intents and answers."""
        own = super().get_domain()
        for path in sorted(self._services_folder.glob("*.yml")):
            own = own.merge(Domain.from_file(str(path)))
        merged = own.merge(Domain.from_dict(domain_of(self.catalogue, own.responses)))
        # Changed in the domain's source, because Rasa merges, stores and sends domains from it.
        source = copy.deepcopy(merged.as_dict())
        for variations in source["responses"].values():
            for variation in variations:
                _name_language(variation)
        return Domain.from_dict(source)

    @cached_method
    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Return the examples of the NLU files and of every topic, in both languages."""
        merged = super().get_nlu_data(language).merge(TrainingData(topic_examples(self.catalogue)))
        # Rasa reads the responses of the services' files as training data, too, and lets them win over the domain's.
        for variations in merged.responses.values():
            for variation in variations:
                _name_language(variation)
        return merged


def topic_examples(catalogue: Catalogue) -> list[Message]:
    """Return one training message per example of every topic; a topic's title is an example too."""
    return [
        Message(data={TEXT: example, INTENT: entry.name, "metadata": {"example": {"language": language}}})
        for entry in catalogue.values()
        for language in LANGUAGES
        for example in dict.fromkeys([*entry.examples(language), entry.title(language)])
    ]


def domain_of(catalogue: Catalogue, responses: Mapping[str, list[dict[str, Any]]] | None = None) -> dict[str, Any]:
    """Return the topics' part of the domain.

    `responses` are those of the domain files, which name the services and how a short answer begins.
    """
    known = responses or {}
    return {
        "version": DOMAIN_VERSION,
        "intents": [{name: {"use_entities": []}} for name in catalogue],
        "responses": {
            **{f"utter_{entry.name}": _variations(entry, catalogue, known) for entry in catalogue.values()},
            **{f"utter_plain_{entry.name}": _plain_variations(entry, known) for entry in catalogue.values()},
        },
    }


def _variations(
    entry: CatalogueEntry, catalogue: Catalogue, responses: Mapping[str, list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    conditional = [
        {
            "condition": [{"type": "slot", "name": "language", "value": language}],
            **_variation(entry, catalogue, language, responses),
        }
        for language in LANGUAGES
    ]
    # Rasa takes the one without a condition while it does not know the customer's language yet.
    return [*conditional, _variation(entry, catalogue, DEFAULT_LANGUAGE, responses)]


def _variation(
    entry: CatalogueEntry, catalogue: Catalogue, language: str, responses: Mapping[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    topic = entry.topic
    service = [_service_button(entry, language, responses)] if topic.service else []
    follow_up = [{"title": catalogue[name].title(language), "payload": f"/{name}"} for name in topic.follow_up]
    return {
        "text": entry.answer(language),
        "buttons": [*service, *follow_up],
        # The key that Rasa's domain schema leaves to its users; it comes back with every message.
        "metadata": {
            "language": language,
            "answer": {
                "topic": entry.name,
                "title": entry.title(language),
                "links": [_page(page, language) for page in topic.links],
                "sources": [_page(page, language) for page in topic.sources],
                "reviewed": topic.reviewed.isoformat(),
                "volatile": topic.volatile,
            },
        },
    }


def _plain_variations(entry: CatalogueEntry, responses: Mapping[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    conditional = [
        {
            "condition": [{"type": "slot", "name": "language", "value": language}],
            **_plain_variation(entry, language, responses),
        }
        for language in LANGUAGES
    ]
    return [*conditional, _plain_variation(entry, DEFAULT_LANGUAGE, responses)]


def _plain_variation(
    entry: CatalogueEntry, language: str, responses: Mapping[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    """Return the answer in plain words; what nobody has written is the gist of the answer, and says that it is.

    Its sources are those of the answer: the action that says it adds them, as every action is sent the whole domain.
    """
    written = entry.plain(language)
    opening = _text_in(responses.get("utter_in_short", []), language)
    return {
        "text": written if written is not None else " ".join(filter(None, [opening, gist(entry.answer(language))])),
        "metadata": {"language": language},
    }


def _service_button(
    entry: CatalogueEntry, language: str, responses: Mapping[str, list[dict[str, Any]]]
) -> dict[str, str]:
    title = _text_in(responses.get(f"utter_start_{entry.topic.service}_button", []), language)
    if title is not None:
        return {"title": title, "payload": f"/start_{entry.topic.service}"}
    message = f"'service' names {entry.topic.service}, which data/services does not have; use the name of a service"
    raise ContentError([Problem(entry.path, entry.line, entry.name, message)])


def _text_in(variations: list[dict[str, Any]], language: str) -> str | None:
    for variation in variations:
        if any(condition.get("value") == language for condition in variation.get("condition", [])):
            return str(variation["text"])
    return None


def _name_language(variation: dict[str, Any]) -> None:
    """Let a message say in which language it is: channels need it for the `lang` attribute and for plain text."""
    for condition in variation.get("condition", []):
        if condition.get("name") == "language":
            variation["metadata"] = {**variation.get("metadata", {}), "language": condition["value"]}


def _page(page: Page, language: str) -> dict[str, str]:
    title, url, page_language = page.in_language(language)
    return {"title": title, "url": url, "language": page_language}
