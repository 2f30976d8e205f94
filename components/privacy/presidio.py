"""Luotsi's recognisers for Presidio, for those who anonymise with Presidio already.

Presidio is no part of what Luotsi runs on: whoever imports this module installs presidio-analyzer.
"""

from __future__ import annotations

from collections.abc import Sequence

from components.privacy.engine import ENGINE, Engine
from components.privacy.recognisers import ALL, Recogniser

try:
    from presidio_analyzer import EntityRecognizer, RecognizerRegistry, RecognizerResult
    from presidio_analyzer.nlp_engine import NlpArtifacts
except ImportError as error:
    raise ImportError(
        "components.privacy.presidio needs Presidio. Install it: pip install presidio-analyzer"
    ) from error

LANGUAGES = ("fi", "en")


class LuotsiRecognizer(EntityRecognizer):
    """One recogniser of Luotsi as a recogniser of Presidio; its entities are Luotsi's labels.

    It reads the normal form of the text and leaves what is public, as in `anonymise`; minimum scores, allow and deny
    lists are those of entities.yml. It uses neither the context words nor the language model of Presidio.
    """

    def __init__(self, recogniser: Recogniser, *, language: str) -> None:
        super().__init__(
            supported_entities=list(recogniser.labels()),
            name=f"Luotsi{type(recogniser).__name__}",
            supported_language=language,
        )
        # A fallback looks at what the others leave, so they all have to look first.
        self._engine = ENGINE if recogniser.fallback else Engine((recogniser,), ENGINE.entities)

    def load(self) -> None:
        """Do nothing: what a recogniser needs is loaded with its module."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Return what the recogniser finds of the entities asked for; scores are Luotsi's, in 0..1."""
        wanted = set(self.supported_entities).intersection(entities)
        return [
            RecognizerResult(entity_type=span.label, start=span.start, end=span.end, score=span.score)
            for span in self._engine.anonymise(text).spans
            if span.label in wanted
        ]


def recognizers(language: str) -> list[LuotsiRecognizer]:
    """Return all recognisers for one language of Presidio; they find the same in every language."""
    return [LuotsiRecognizer(recogniser, language=language) for recogniser in ALL]


def register(registry: RecognizerRegistry, *, languages: Sequence[str] = LANGUAGES) -> None:
    """Add all recognisers to a registry, once for each language that it is asked in."""
    for language in languages:
        for recognizer in recognizers(language):
            registry.add_recognizer(recognizer)
