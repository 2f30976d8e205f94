"""Which language a customer writes."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Any, Literal

from lingua import Language, LanguageDetector, LanguageDetectorBuilder
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

LANGUAGE = "language"
OTHER: Literal["other"] = "other"

Detected = Literal["fi", "en", "other"]

# Languages in Latin letters that customers of the two authorities use, and those that are taken for Finnish or English.
# Languages in other scripts need no model: the script tells.
_LATIN_LANGUAGES = (
    Language.FINNISH,
    Language.ENGLISH,
    Language.SWEDISH,
    Language.ESTONIAN,
    Language.SOMALI,
    Language.SPANISH,
    Language.FRENCH,
    Language.GERMAN,
    Language.TURKISH,
    Language.VIETNAMESE,
)
_MAX_CHARACTERS = 500
_PLACEHOLDER = re.compile(r"\[[A-Z][A-Z0-9_]*\]")
_MIN_WORDS_FOR_OTHER = 4
_MIN_OTHER = 0.90
_MIN_LETTERS = 4
_MIN_SHARE = 0.75


@functools.cache
def _detector() -> LanguageDetector:
    return LanguageDetectorBuilder.from_languages(*_LATIN_LANGUAGES).with_preloaded_language_models().build()


def identify_language(text: str) -> Detected | None:
    """Return the language of a message, or None when the text is too short or too mixed to tell.

    None means that the conversation's language stays as it is.
    """
    text = _without_placeholders(text[:_MAX_CHARACTERS])
    letters = [character for character in text if character.isalpha()]
    latin = sum(1 for character in letters if unicodedata.name(character, "").startswith("LATIN"))
    if letters and latin < len(letters) / 2:
        return OTHER
    if len(letters) < _MIN_LETTERS:
        return None
    shares = {value.language: value.value for value in _detector().compute_language_confidence_values(text)}
    finnish, english = shares.pop(Language.FINNISH), shares.pop(Language.ENGLISH)
    if max(shares.values()) >= _MIN_OTHER and len(text.split()) >= _MIN_WORDS_FOR_OTHER:
        return OTHER
    if finnish + english == 0.0:
        return None
    share = finnish / (finnish + english)
    if share >= _MIN_SHARE:
        return "fi"
    return "en" if share <= 1 - _MIN_SHARE else None


def _without_placeholders(text: str) -> str:
    return _PLACEHOLDER.sub(" ", text)


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR], is_trainable=False)
class LanguageIdentifier(GraphComponent):
    """Sets the message's `language` ("fi", "en", "other" or None) and the entity that fills the slot with fi or en."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageIdentifier:
        """Create the component and load its models, so that the first customer does not wait for them."""
        _detector()
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Identify the language of each message that a customer typed."""
        for message in messages:
            text = message.get(TEXT) or ""
            if text.startswith(INTENT_MESSAGE_PREFIX):
                continue
            language = identify_language(text)
            message.set(LANGUAGE, language, add_to_output=True)
            if language in ("fi", "en"):
                entity = {
                    "entity": LANGUAGE,
                    "value": language,
                    "start": 0,
                    "end": len(text),
                    "extractor": "LanguageIdentifier",
                }
                message.set(ENTITIES, [*message.get(ENTITIES, []), entity], add_to_output=True)
        return messages
