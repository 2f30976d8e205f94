"""Luotsi's recognisers inside Presidio."""

import contextlib
import importlib
import io
import re
import sys
from pathlib import Path

import pytest
import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from presidio_anonymizer import AnonymizerEngine

from components.privacy import presidio
from components.privacy.engine import Engine, labels
from components.privacy.entities import Entities, Entity
from components.privacy.recognisers import ALL

PAGE = Path(__file__).parents[2] / "docs" / "privacy" / "recognisers.md"


def engine(registry: RecognizerRegistry) -> AnalyzerEngine:
    nlp = SpacyNlpEngine()
    nlp.nlp = {language: spacy.blank(language) for language in registry.supported_languages}
    return AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=registry.supported_languages)


@pytest.fixture(scope="module")
def analyzer() -> AnalyzerEngine:
    registry = RecognizerRegistry(supported_languages=list(presidio.LANGUAGES))
    presidio.register(registry)
    return engine(registry)


def found(analyzer: AnalyzerEngine, text: str, language: str = "fi", **options: object) -> list[tuple[str, str]]:
    results = analyzer.analyze(text, language=language, **options)
    return [(item.entity_type, text[item.start : item.end]) for item in sorted(results)]


@pytest.mark.parametrize("language", presidio.LANGUAGES)
@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("hetu 131052-308T", "FI_PERSONAL_IDENTITY_CODE", "131052-308T"),
        ("koodi 13 10 52 - 308T ok", "FI_PERSONAL_IDENTITY_CODE", "13 10 52 - 308T"),
        ("hetuni on １３１０５２－３０８Ｔ.", "FI_PERSONAL_IDENTITY_CODE", "１３１０５２－３０８Ｔ"),
        ("nimeni on Matti Virtanen", "PERSON", "Matti Virtanen"),
        ("hello, my name is Matti Virtanen", "PERSON", "Matti Virtanen"),
        ("soita 040 123 4567", "PHONE_NUMBER", "040 123 4567"),
        ("card RP1234567", "RESIDENCE_PERMIT_CARD_NUMBER", "RP1234567"),
        ("we live at Kuusitie 3 B 4", "STREET_ADDRESS", "Kuusitie 3 B 4"),
        ("the letter had 569572 on it", "LONG_NUMBER", "569572"),
    ],
)
def test_finds(analyzer: AnalyzerEngine, language: str, text: str, entity: str, value: str) -> None:
    assert (entity, value) in found(analyzer, text, language)


@pytest.mark.parametrize("language", presidio.LANGUAGES)
def test_offers_every_label(analyzer: AnalyzerEngine, language: str) -> None:
    assert set(labels()) <= set(analyzer.get_supported_entities(language))


def test_each_recogniser_is_one_of_presidios_under_its_own_name() -> None:
    registry = RecognizerRegistry(supported_languages=["en"])
    presidio.register(registry, languages=["en"])
    names = [recognizer.name for recognizer in registry.recognizers]
    assert names == [f"Luotsi{type(recogniser).__name__}" for recogniser in ALL]


def test_a_recogniser_can_be_left_out() -> None:
    registry = RecognizerRegistry(supported_languages=["en"])
    presidio.register(registry, languages=["en"])
    registry.remove_recognizer("LuotsiPerson")
    text = "my name is Matti Virtanen, code 131052-308T"
    assert [entity for entity, _ in found(engine(registry), text, "en")] == ["FI_PERSONAL_IDENTITY_CODE"]


def test_finds_only_what_is_asked_for(analyzer: AnalyzerEngine) -> None:
    text = "nimeni on Matti Virtanen, hetu 131052-308T"
    assert found(analyzer, text, entities=["PERSON"]) == [("PERSON", "Matti Virtanen")]


@pytest.mark.parametrize(
    "text", ["Migri 0295 419 600", "kirjaamo@migri.fi", "nimike 6402 17 90 90", "maksu 1 250,00 euroa"]
)
def test_what_is_public_stays(analyzer: AnalyzerEngine, text: str) -> None:
    assert found(analyzer, text) == []


def test_allow_list_of_presidio(analyzer: AnalyzerEngine) -> None:
    text = "soita 040 123 4567 tai 050 765 4321"
    assert found(analyzer, text, allow_list=["040 123 4567"]) == [("PHONE_NUMBER", "050 765 4321")]


def test_allow_and_deny_lists_of_the_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    phone = Entity(allow=["040 123 4567"], deny=["kuutamo"])
    monkeypatch.setattr(presidio, "ENGINE", Engine(ALL, Entities({"PHONE_NUMBER": phone})))
    registry = RecognizerRegistry(supported_languages=["fi"])
    presidio.register(registry, languages=["fi"])
    text = "soita 040 123 4567 tai 050 765 4321, kuutamo"
    assert found(engine(registry), text) == [("PHONE_NUMBER", "050 765 4321"), ("PHONE_NUMBER", "kuutamo")]


def test_scores_are_kept(analyzer: AnalyzerEngine) -> None:
    text = "hetu 131052-308T, hetu 131052-308A"
    right, mistyped = sorted(analyzer.analyze(text, language="fi", entities=["FI_PERSONAL_IDENTITY_CODE"]))
    assert right.score > mistyped.score > 0
    assert len(found(analyzer, text, entities=["FI_PERSONAL_IDENTITY_CODE"], score_threshold=right.score)) == 1


def test_presidio_anonymizer_replaces(analyzer: AnalyzerEngine) -> None:
    text = "Olen Matti Virtanen, puh ０４０ 1234567, matti@live.fi"
    results = analyzer.analyze(text, language="fi")
    assert AnonymizerEngine().anonymize(text, results).text == "Olen <PERSON>, puh <PHONE_NUMBER>, <EMAIL_ADDRESS>"


def test_example_of_the_documentation() -> None:
    code, printed = re.findall(r"```(?:python|text)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, str(PAGE), "exec"), {"__name__": "example"})
    assert out.getvalue() == printed


def test_without_presidio_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    monkeypatch.delitem(sys.modules, "components.privacy.presidio")
    with pytest.raises(ImportError, match="pip install presidio-analyzer"):
        importlib.import_module("components.privacy.presidio")
