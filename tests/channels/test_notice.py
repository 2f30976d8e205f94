"""The privacy notice: what it must hold, that it says what is set, and that a changed text is a new version."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.data import is_nlu_file

from components.channels.notice import (
    NOTICE_FILE,
    REQUIRED_SECTIONS,
    NoticeFile,
    content_sha256,
    inline,
    load_notice,
    period,
)
from components.located_yaml import FileError, load_model
from components.settings import Settings

LANGUAGES = ("fi", "en")


def _settings(**changes: Any) -> Settings:
    values: dict[str, Any] = {
        "secret_key": b"0123456789abcdef0123456789abcdef",
        "database_url": "sqlite:////nowhere",
        "retention": datetime.timedelta(days=730),
        "session_lifetime": datetime.timedelta(hours=12),
        **changes,
    }
    return Settings(**values)


@pytest.fixture
def content() -> dict[str, Any]:
    """The committed notice as data that a test may change."""
    read: dict[str, Any] = yaml.safe_load(NOTICE_FILE.read_text(encoding="utf-8"))
    return read


def _write(folder: Path, content: dict[str, Any]) -> Path:
    path = folder / "notice.yml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def test_a_changed_text_has_a_version_of_its_own() -> None:
    """Write a new entry at the top of `versions`, with this sha256, when a text was changed on purpose."""
    file = load_model(NOTICE_FILE, NoticeFile)

    assert file.versions[0].sha256 == content_sha256(file, _settings())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("title", {"fi": "Toinen", "en": "Other"}),
        ("consent", {"fi": "Suostun.", "en": "I agree."}),
        ("short", {"fi": "Lyhyt", "en": "Short"}),
    ],
)
def test_the_digest_belongs_to_the_text(content: dict[str, Any], tmp_path: Path, key: str, value: object) -> None:
    changed = load_model(_write(tmp_path, {**content, key: value}), NoticeFile)

    assert content_sha256(changed, _settings()) != changed.versions[0].sha256


def test_the_digest_does_not_hang_on_the_history(content: dict[str, Any], tmp_path: Path) -> None:
    content["versions"].insert(0, {**content["versions"][0], "date": datetime.date(2027, 1, 1)})
    changed = load_model(_write(tmp_path, content), NoticeFile)

    assert content_sha256(changed, _settings()) == changed.versions[0].sha256


@pytest.mark.parametrize("mode", ["notice", "opt-in"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_section_is_told_once_and_in_order(language: str, mode: str) -> None:
    document = load_notice(_settings(consent_mode=mode)).document(language)

    assert [section["id"] for section in document["sections"]] == [*REQUIRED_SECTIONS, "changes"]
    assert all(section["heading"] and section["paragraphs"] for section in document["sections"])
    assert document["mode"] == mode


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_to_fill_in(language: str) -> None:
    text = str(load_notice(_settings()).languages[language])

    assert "{controller" not in text
    assert "{retention" not in text


@pytest.mark.parametrize(
    ("change", "fi", "en"),
    [
        ({"retention": datetime.timedelta(days=90)}, "90 päivää", "90 days"),
        ({"technical_log_retention": datetime.timedelta(days=7)}, "7 päivää", "7 days"),
        ({"reply_address_lifetime": datetime.timedelta(hours=5)}, "5 tuntia", "5 hours"),
        ({"session_lifetime": datetime.timedelta(minutes=45)}, "45 minuuttia", "45 minutes"),
    ],
)
def test_the_periods_are_those_that_are_set(change: dict[str, datetime.timedelta], fi: str, en: str) -> None:
    notice = load_notice(_settings(**change))

    assert fi in str(notice.languages["fi"])
    assert en in str(notice.languages["en"])
    assert fi not in str(load_notice(_settings()).languages["fi"])


@pytest.mark.parametrize("change", [{"retention": datetime.timedelta(days=90)}, {"consent_mode": "opt-in"}])
def test_another_period_or_mode_is_another_version(change: dict[str, Any]) -> None:
    version = load_notice(_settings(**change)).version

    assert version != load_notice(_settings()).version
    assert len(version) <= 32


def test_consent_is_the_basis_only_where_it_is_asked_for() -> None:
    def basis(mode: str) -> str:
        sections = load_notice(_settings(consent_mode=mode)).document("en")["sections"]
        return str(next(section["paragraphs"] for section in sections if section["id"] == "basis"))

    assert "consent" in basis("opt-in")
    assert "consent" not in basis("notice")


def test_an_unknown_language_gets_the_default_one() -> None:
    notice = load_notice(_settings())

    assert notice.document("sv") == notice.document(None) == notice.document("fi")


def _without_officer(content: dict[str, Any]) -> None:
    del content["data_protection_officer"]


def _without_section(content: dict[str, Any]) -> None:
    content["sections"] = [section for section in content["sections"] if section["id"] != "transfers"]


def _without_english(content: dict[str, Any]) -> None:
    del content["title"]["en"]


def _with_bad_mail(content: dict[str, Any]) -> None:
    content["controller"]["email"] = "nobody"


def _with_unknown_placeholder(content: dict[str, Any]) -> None:
    content["sections"][0]["fi"] = ["Säilytetään {retenton}."]


def _with_unknown_key(content: dict[str, Any]) -> None:
    content["ttle"] = content["title"]


def _with_versions_out_of_order(content: dict[str, Any]) -> None:
    content["versions"].append({**content["versions"][0], "date": datetime.date(2030, 1, 1)})


def _with_empty_text(content: dict[str, Any]) -> None:
    content["consent"]["fi"] = " "


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (_without_officer, "'data_protection_officer' is missing"),
        (_without_section, "in this order and each once"),
        (_without_english, "'title.en' is missing"),
        (_with_bad_mail, "'controller.email'"),
        (_with_unknown_placeholder, "unknown placeholder {retenton}; use one of controller"),
        (_with_unknown_key, "'ttle' is not a known key"),
        (_with_versions_out_of_order, "write the newest first"),
        (_with_empty_text, "'consent.fi' is empty"),
    ],
)
def test_a_notice_out_of_order_is_refused_with_file_line_and_mend(
    content: dict[str, Any], tmp_path: Path, spoil: Any, expected: str
) -> None:
    spoil(content)

    with pytest.raises(FileError) as error:
        load_notice(_settings(), path=_write(tmp_path, content))

    assert expected in str(error.value)
    assert "notice.yml:" in str(error.value)


@pytest.mark.parametrize(
    ("length", "fi", "en"),
    [
        ({"days": 730}, "2 vuotta", "2 years"),
        ({"days": 365}, "1 vuosi", "1 year"),
        ({"days": 366}, "366 päivää", "366 days"),
        ({"days": 1}, "1 päivä", "1 day"),
        ({"hours": 12}, "12 tuntia", "12 hours"),
        ({"hours": 1}, "1 tunti", "1 hour"),
        ({"minutes": 90}, "90 minuuttia", "90 minutes"),
        ({"minutes": 1}, "1 minuutti", "1 minute"),
    ],
)
def test_a_period_is_said_as_people_say_it(length: dict[str, int], fi: str, en: str) -> None:
    assert period(datetime.timedelta(**length), "fi") == fi
    assert period(datetime.timedelta(**length), "en") == en


@pytest.mark.parametrize(
    ("paragraph", "pieces"),
    [
        ("plain", [("plain", None)]),
        ("**a** b", [("", None), ("a", "strong"), (" b", None)]),
        ("[t](https://a.fi/)", [("", None), ("t", "https://a.fi/"), ("", None)]),
        ("[t](/chat/privacy)", [("", None), ("t", "/chat/privacy"), ("", None)]),
        ("[t](javascript:x)", [("[t](javascript:x)", None)]),
        ("[PHONE_NUMBER] (x)", [("[PHONE_NUMBER] (x)", None)]),
    ],
)
def test_only_bold_and_safe_links_are_marked_up(paragraph: str, pieces: list[tuple[str, str | None]]) -> None:
    assert list(inline(paragraph)) == pieces


def test_training_leaves_the_notice_alone() -> None:
    assert not is_nlu_file(NOTICE_FILE)
    assert not YAMLStoryReader.is_stories_file(NOTICE_FILE)
