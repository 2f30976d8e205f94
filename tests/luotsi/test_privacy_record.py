"""The record of processing activities says what the configuration says, in both languages, or nothing at all."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import re
import shutil
import string
import zlib
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from components.channels.notice import NOTICE_FILE
from components.privacy.engine import labels
from components.storage.models import Base
from components.storage.staff import Role
from luotsi import VERSION, assistant, training
from luotsi.cli import main
from luotsi.privacy_record import document as words_of
from luotsi.privacy_record.collect import Facts, RecordError, collect
from luotsi.privacy_record.document import Grid, Section, write
from luotsi.privacy_record.pdf import pdf
from luotsi.privacy_record.render import html, markdown
from tests.widget import conftest as widget

browser = widget.browser
ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("fi", "en")
MADE_AT = datetime.datetime(2026, 11, 22, 8, 30, tzinfo=datetime.timezone.utc)
ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "LUOTSI_SECRET_KEY": "a secret key of forty characters at least",
    "LUOTSI_DATABASE_URL": "sqlite:////nowhere/luotsi.sqlite",
    "LUOTSI_LOCK_STORE": "in_memory",
    "LUOTSI_REDIS_HOST": "locks",
    "LUOTSI_REDIS_PORT": "6379",
    "LUOTSI_REDIS_PASSWORD": "hunter2",
    "LUOTSI_ACTIONS_URL": "http://127.0.0.1:5055/webhook",
}
POSTGRESQL = "postgresql+psycopg2://luotsi:hunter2@database:5432/luotsi"


class Installation:
    """The files that the record is made from, which a test may change."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("config.yml", "credentials.yml", "endpoints.yml"):
            shutil.copy(ROOT / name, root)

    def change(self, name: str, **values: Any) -> None:
        """Set values at the top of a file; None takes one out."""
        found = yaml.safe_load((self.root / name).read_text("utf-8"))
        found.update(values)
        kept = {key: value for key, value in found.items() if value is not None}
        (self.root / name).write_text(yaml.safe_dump(kept), "utf-8")

    def facts(self, *, notice: Path = NOTICE_FILE, **environment: str) -> Facts:
        """Collect with changed settings."""
        return collect({**ENVIRONMENT, **environment}, root=self.root, notice=notice, now=MADE_AT)

    def text(self, language: str = "en", **environment: str) -> str:
        """The record as Markdown."""
        return markdown(write(self.facts(**environment), language))


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


@pytest.fixture
def added_words(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """English words that a test may add to."""
    changed: dict[str, Any] = {
        key: dict(value) if isinstance(value, dict) else value for key, value in words_of.words("en").items()
    }
    monkeypatch.setattr(words_of, "words", lambda language: changed)
    yield changed


def keys(value: Any, path: str = "") -> Iterator[tuple[str, frozenset[str]]]:
    """Every text of a file: where it stands and the places in it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from keys(item, f"{path}.{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from keys(item, f"{path}.{number}")
    else:
        yield path, frozenset(name for _, name, _, _ in string.Formatter().parse(value) if name)


def section(facts: Facts, name: str, language: str = "en") -> Section:
    (found,) = [each for each in write(facts, language).sections if each.id == name]
    return found


def test_both_languages_have_the_same_words_with_the_same_places() -> None:
    finnish, english = (dict(keys(words_of.words(language))) for language in LANGUAGES)
    assert finnish == english


def test_no_word_is_left_in_the_other_language() -> None:
    finnish, english = (yaml.safe_load(path.read_text("utf-8")) for path in _word_files())
    same = [
        path
        for (path, _), first, second in zip(keys(finnish), _texts(finnish), _texts(english), strict=True)
        if first == second
    ]
    # A name, and figures without words.
    assert same == [
        ".kept.queue_switches",
        ".kept.retention_runs",
        ".configuration.version",
        ".configuration.model_current",
    ]


def _word_files() -> list[Path]:
    return [Path(words_of.__file__).with_name(f"texts.{language}.yml") for language in LANGUAGES]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
    else:
        yield value


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sections_are_those_of_article_30_and_of_the_authorities_own_records(
    installation: Installation, language: str
) -> None:
    assert [each.id for each in write(installation.facts(), language).sections] == [
        "controller",
        "contact",
        "register",
        "purpose",
        "legal_basis",
        "contents",
        "sources",
        "storage",
        "recipients",
        "transfers",
        "security",
        "configuration",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_point_of_article_30_has_its_section(installation: Installation, language: str) -> None:
    headings = " ".join(each.heading for each in write(installation.facts(), language).sections)
    point = r"\(point ([a-g])\)" if language == "en" else r"\(([a-g]) alakohta\)"
    assert set(re.findall(point, headings)) == set("abcdefg")


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_to_fill_in(installation: Installation, language: str) -> None:
    assert re.findall(r"[{}]|\bNone\b", installation.text(language)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_section_says_something(installation: Installation, language: str) -> None:
    assert [each.id for each in write(installation.facts(), language).sections if not each.blocks] == []


@pytest.mark.parametrize("group", ["tables", "kept"])
def test_the_tables_that_exist_are_described_and_no_others(group: str) -> None:
    assert words_of.words("en")[group].keys() == Base.metadata.tables.keys()


def test_the_kinds_that_are_looked_for_are_described_and_no_others() -> None:
    assert words_of.words("en")["labels"].keys() == set(labels())


def test_a_table_of_the_record_has_its_columns_from_the_database_models(installation: Installation) -> None:
    (grid, _) = [block for block in section(installation.facts(), "contents").blocks if isinstance(block, Grid)]
    assert {name: columns for name, _, columns in grid.rows} == {
        name: ", ".join(table.columns.keys()) for name, table in Base.metadata.tables.items()
    }


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("LUOTSI_RETENTION_DAYS", "90", "| events | 90 days from the start of their session |"),
        ("LUOTSI_TECHNICAL_LOG_DAYS", "7", "| technical_log | 7 days from the request |"),
        ("LUOTSI_REPLY_ADDRESS_HOURS", "2", "| reply_addresses | 2 hours from the last message |"),
        ("LUOTSI_AUDIT_DAYS", "100", "| audit_log | 100 days from the entry; an entry also stays"),
        ("LUOTSI_AUDIT_DAYS", "100", "in a signed chain, kept for 100 days"),
        ("LUOTSI_CONSOLE_IDLE_MINUTES", "7", "A session ends after 7 minutes without use"),
        ("LUOTSI_CONSOLE_SESSION_HOURS", "5", "and after 5 hours at the latest"),
        ("LUOTSI_SESSION_MINUTES", "45", "in the server's memory only, for 45 minutes at most"),
        ("LUOTSI_TRAINING_EXPORT", "true", "once 10 conversations had it in common"),
        ("LUOTSI_CONSENT_MODE", "opt-in", "The conversation is stored with your consent"),
        ("LUOTSI_CONSENT_MODE", "opt-in", "No conversation begins before the customer has agreed"),
        ("LUOTSI_DATABASE_URL", POSTGRESQL, "Database: PostgreSQL on host database."),
        ("LUOTSI_DATABASE_URL", POSTGRESQL, "inside the EU or the EEA: database."),
        ("LUOTSI_DATABASE_URL", "postgresql:///luotsi?host=/run/postgresql", "Database: PostgreSQL on host localhost."),
        ("LUOTSI_LOCK_STORE", "redis", "Redis on host locks"),
        ("LUOTSI_ACTIONS_URL", "http://[2001:db8::5]:5055/webhook", "Action server, host 2001:db8::5:"),
        ("LUOTSI_ACTIONS_URL", "https://actions.example:5055/webhook", "Action server, host actions.example:"),
        ("LUOTSI_PREVIOUS_SECRET_KEYS", "an earlier key of at least 32 characters".replace(" ", "-"), "accepted: 1."),
    ],
)
def test_a_changed_setting_changes_the_record(installation: Installation, setting: str, value: str, said: str) -> None:
    assert said not in installation.text()
    assert said in installation.text(**{setting: value})


def test_the_number_of_conversations_for_an_export_is_said(installation: Installation) -> None:
    text = installation.text(LUOTSI_TRAINING_EXPORT="true", LUOTSI_TRAINING_K="25")
    assert "once 25 conversations had it in common" in text


@pytest.mark.parametrize(
    ("broker", "said"),
    [
        ({"type": "kafka", "url": ["kafka.example:9092", "other.example"]}, "(kafka, kafka.example, other.example)"),
        ({"type": "kafka", "url": "a.example:9092,b.example:9092"}, "(kafka, a.example, b.example)"),
        ({"type": "pika", "url": "amqp://luotsi:hunter2@rabbit.example:5672/"}, "(pika, rabbit.example)"),
        ({"type": "sql", "url": "events.example"}, "(sql, events.example)"),
        ({"type": "file", "path": "events.log"}, "(file, events.log)"),
    ],
)
def test_a_broker_is_a_recipient(installation: Installation, broker: dict[str, Any], said: str) -> None:
    assert "No event broker is configured" in installation.text()
    installation.change("endpoints.yml", event_broker=broker)
    text = installation.text()
    assert "No event broker is configured" not in text
    assert f"**An event broker is configured** {said}" in text


def test_the_host_of_a_broker_has_to_be_confirmed(installation: Installation) -> None:
    installation.change("endpoints.yml", event_broker={"type": "kafka", "url": "kafka.example"})
    assert "inside the EU or the EEA: kafka.example." in installation.text()


def test_an_added_channel_is_a_source(installation: Installation, added_words: dict[str, Any]) -> None:
    added_words["channels"]["components.channels.letters.LetterInput"] = "Letters by pigeon."
    assert "Letters by pigeon." not in installation.text()
    installation.change("credentials.yml", **{"components.channels.letters.LetterInput": {}})
    assert "- Letters by pigeon." in installation.text()


def test_the_channels_are_those_of_the_file_that_the_server_reads(installation: Installation, tmp_path: Path) -> None:
    other = tmp_path / "channels.yml"
    other.write_text("components.channels.messaging.telegram.TelegramInput:\n", "utf-8")
    assert installation.facts().channels == ("components.channels.web.WebInput",)
    found = installation.facts(LUOTSI_CREDENTIALS=str(other)).channels
    assert found == ("components.channels.messaging.telegram.TelegramInput",)


def test_a_file_of_channels_that_is_not_there_stops_it(installation: Installation) -> None:
    with pytest.raises(RecordError, match="LUOTSI_CREDENTIALS"):
        installation.facts(LUOTSI_CREDENTIALS="/nowhere/channels.yml")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("channel", "platform"),
    [
        ("telegram.TelegramInput", "Telegram"),
        ("whatsapp.WhatsAppInput", "Twilio"),
        ("messenger.MessengerInput", "Meta"),
    ],
)
def test_a_platform_is_a_recipient_outside_the_eu(
    installation: Installation, channel: str, platform: str, language: str
) -> None:
    def said(name: str) -> str:
        return repr(section(installation.facts(), name, language))

    without = words_of.words(language)["transfers"]["none"]
    assert platform not in said("recipients")
    assert without in said("transfers")
    installation.change("credentials.yml", **{f"components.channels.messaging.{channel}": {}})
    assert platform in said("recipients")
    assert without not in said("transfers")
    assert words_of.words(language)["transfers"]["platforms"] in said("transfers")


def entities(path: Path, **settings: dict[str, Any]) -> str:
    """Write settings of kinds of personal data and return where."""
    path.write_text(yaml.safe_dump({"entities": settings}), "utf-8")
    return str(path)


def test_a_kind_that_is_switched_off_is_told_with_its_reason(installation: Installation, tmp_path: Path) -> None:
    file = entities(tmp_path / "entities.yml", URL={"enabled": False, "reason": "links to one's own pages are wanted"})
    text = installation.text(LUOTSI_PRIVACY_ENTITIES=file)
    assert "No kind is switched off" not in text
    assert "- URL (personal web address). Reason given: links to one's own pages are wanted" in text
    assert "| URL |" not in text


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"operator": "drop"}, "| nothing |"),
        ({"operator": "mask"}, "| the name of its kind and signs in its length |"),
        ({"operator": "mask", "keep": 2}, "in its length; 2 of its characters may stay |"),
        ({"operator": "hash"}, "| the name of its kind and a keyed digest |"),
        ({"operator": "hash"}, "A keyed digest is the same for the same value."),
        ({"minimum_score": 0.5}, "in brackets; what is found with a score below 0.5 stays |"),
        ({"allow": ["a", "b"], "allow_patterns": ["c"]}, "in brackets; 3 allowed words or patterns stay |"),
    ],
)
def test_what_becomes_of_a_kind_is_told(
    installation: Installation, tmp_path: Path, settings: dict[str, Any], said: str
) -> None:
    assert said not in installation.text()
    assert said in installation.text(LUOTSI_PRIVACY_ENTITIES=entities(tmp_path / "entities.yml", IBAN=settings))


def test_settings_of_an_unknown_kind_stop_it(installation: Installation, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="IBAM"):
        installation.facts(LUOTSI_PRIVACY_ENTITIES=entities(tmp_path / "entities.yml", IBAM={}))


def test_the_notice_is_where_the_controller_comes_from(installation: Installation, tmp_path: Path) -> None:
    notice = tmp_path / "notice.yml"
    notice.write_text(NOTICE_FILE.read_text("utf-8").replace("rekisterinpitaja@", "kirjaamo@"), "utf-8")
    text = markdown(write(installation.facts(notice=notice), "en"))
    assert "- E-mail: kirjaamo@luotsi.example" in text
    assert installation.facts().notice.version not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_versions_and_the_time_of_making_are_told(installation: Installation, language: str) -> None:
    facts = installation.facts()
    text = markdown(write(facts, language))
    assert f"Luotsi {VERSION}" in text
    assert "2026-11-22 08:30 UTC" in text
    assert text.count(facts.notice.version) == 2
    assert re.search(rf"\| {facts.anonymiser_version} \|", text)


def test_the_version_is_that_of_the_package() -> None:
    assert f'\nversion = "{VERSION}"\n' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_without_a_model_the_record_says_so(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assistant, "MODELS", tmp_path)
    assert "| Trained model (beginning of its SHA-256) | none |" in installation.text()


@pytest.mark.parametrize(("current", "said"), [(True, " |"), (False, ", older than the content or configuration |")])
def test_the_model_is_told_by_its_fingerprint(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, current: bool, said: str
) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"model")
    monkeypatch.setattr(assistant, "MODELS", tmp_path)
    monkeypatch.setattr(training, "is_current", lambda: current)
    assert f"| {hashlib.sha256(b'model').hexdigest()[:16]}{said}" in installation.text()


def test_no_secret_is_in_the_record(installation: Installation) -> None:
    text = installation.text(LUOTSI_DATABASE_URL=POSTGRESQL, LUOTSI_LOCK_STORE="redis")
    assert "hunter2" not in text
    assert ENVIRONMENT["LUOTSI_SECRET_KEY"] not in text


@pytest.mark.parametrize(
    ("name", "values", "error"),
    [
        ("endpoints.yml", {"nlg": {"url": "http://nlg.example"}}, "what data goes to 'nlg'"),
        ("endpoints.yml", {"tracker_store": {"type": "SQL"}}, "the tracker store is not components"),
        ("endpoints.yml", {"tracker_store": None}, "'tracker_store' is missing"),
        ("endpoints.yml", {"event_broker": {"type": "my.Broker"}}, "event broker 'my.Broker'"),
        ("endpoints.yml", {"event_broker": {"type": "kafka"}}, "has no 'url'"),
        ("endpoints.yml", {"event_broker": {"type": "kafka", "url": "a.example,"}}, "has no 'url'"),
        ("endpoints.yml", {"action_endpoint": {"url": "http:///webhook"}}, "the action server has no 'url'"),
        ("endpoints.yml", {"lock_store": {"type": "redis"}}, "the lock store has no 'url'"),
        ("endpoints.yml", {"event_broker": "kafka"}, "'event_broker' has no settings"),
        ("endpoints.yml", {"lock_store": {"type": "my.Locks"}}, "lock store 'my.Locks'"),
        ("endpoints.yml", {"action_endpoint": {"url": "${NOWHERE_SET}"}}, "refers to NOWHERE_SET"),
        ("credentials.yml", {"rest": {}}, "rest is not a channel that masks"),
        (
            "credentials.yml",
            {"components.channels.letters.LetterInput": {}},
            "no words for 'components.channels.letters",
        ),
        ("config.yml", {"pipeline": [{"name": "WhitespaceTokenizer"}]}, "first component of the pipeline"),
        ("config.yml", {"pipeline": None}, "first component of the pipeline"),
    ],
)
def test_what_the_record_does_not_know_stops_it(
    installation: Installation, name: str, values: dict[str, Any], error: str
) -> None:
    installation.change(name, **values)
    with pytest.raises(RecordError, match=re.escape(error)):
        installation.text()


@pytest.mark.parametrize(
    ("setting", "value"),
    [("LUOTSI_RETENTION_DAYS", "0"), ("LUOTSI_CONSENT_MODE", "maybe"), ("RASA_TELEMETRY_ENABLED", "true")],
)
def test_an_unsafe_setting_stops_it(installation: Installation, setting: str, value: str) -> None:
    with pytest.raises(RecordError, match="telemetry" if "TELEMETRY" in setting else setting):
        installation.facts(**{setting: value})


@pytest.mark.parametrize("name", ["credentials.yml", "endpoints.yml", "config.yml"])
@pytest.mark.parametrize("content", [None, "", "a: [", "- a"], ids=["missing", "empty", "no YAML", "a list"])
def test_a_file_out_of_order_stops_it(installation: Installation, name: str, content: str | None) -> None:
    (installation.root / name).unlink()
    if content is not None:
        (installation.root / name).write_text(content, "utf-8")
    with pytest.raises(RecordError, match=re.escape(name)):
        installation.facts()


def test_a_notice_out_of_order_stops_it(installation: Installation, tmp_path: Path) -> None:
    notice = tmp_path / "notice.yml"
    notice.write_text("controller: nobody\n", "utf-8")
    with pytest.raises(RecordError, match="notice.yml:1: 'controller'"):
        installation.facts(notice=notice)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("LUOTSI_AUDIT_DAYS", "30"),
        ("LUOTSI_CONSOLE_IDLE_MINUTES", "1000"),
        ("LUOTSI_CONSOLE_URL", "console.example.fi"),
        ("LUOTSI_CONSOLE_HOST", "0.0.0.0"),
    ],
)
def test_an_unsafe_setting_of_the_console_stops_it(installation: Installation, setting: str, value: str) -> None:
    with pytest.raises(RecordError, match=setting):
        installation.facts(**{setting: value})


def test_a_role_that_nobody_has_described_stops_it(installation: Installation) -> None:
    facts = installation.facts()
    with pytest.raises(RecordError, match="'spy': describe it"):
        write(dataclasses.replace(facts, roles=(*facts.roles, "spy")), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_roles_that_exist_are_described_and_no_others(language: str) -> None:
    assert list(words_of.words(language)["roles"]) == [role.value for role in Role]


def test_a_record_without_its_time_is_the_same_until_something_changes(installation: Installation) -> None:
    facts = installation.facts()
    later = dataclasses.replace(facts, made_at=facts.made_at + datetime.timedelta(days=400))
    assert write(facts, "fi", dated=False).basis == write(later, "fi", dated=False).basis
    assert write(facts, "fi").basis != write(later, "fi").basis
    assert facts.notice.version in write(facts, "fi", dated=False).basis


def test_a_table_that_nobody_has_described_stops_it(installation: Installation) -> None:
    facts = installation.facts()
    unknown = dataclasses.replace(facts.tables[0], name="diaries")
    with pytest.raises(RecordError, match="'diaries': describe it in luotsi/privacy_record/texts.fi.yml"):
        write(dataclasses.replace(facts, tables=(*facts.tables, unknown)), "fi")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_stands_alone_in_its_language(installation: Installation, language: str) -> None:
    page = html(write(installation.facts(), language))
    assert f'<html lang="{language}">' in page
    assert re.findall(r"<script|<link|<img|src=|@import|url\(|\son\w+=", page) == []
    assert re.findall(r"<h1>", page) == ["<h1>"]
    assert len(re.findall(r'<h2 id="\w+">', page)) == 12


def test_what_the_configuration_holds_is_text_on_the_page(installation: Installation) -> None:
    installation.change("endpoints.yml", event_broker={"type": "file", "path": "<script>a|b`c</script>"})
    document = write(installation.facts(), "en")
    assert "&lt;script&gt;a|b`c&lt;/script&gt;" in html(document)
    assert "&#60;script>a\\|b&#96;c&#60;/script>" in markdown(document)


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_automatic_check_complains_about_the_page(
    browser: Browser, installation: Installation, tmp_path: Path, language: str
) -> None:
    (tmp_path / "record.html").write_text(html(write(installation.facts(), language)), "utf-8")
    page = browser.new_page(viewport={"width": 320, "height": 640})
    page.goto((tmp_path / "record.html").as_uri())
    assert Axe().run(page).violations_count == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.close()


class PdfReader:
    """Reads the words of a PDF as other programs do: by each font's table from glyphs to characters."""

    def __init__(self, content: bytes) -> None:
        self._objects = {
            int(number): body for number, body in re.findall(rb"(\d+) 0 obj\n(.*?)\nendobj", content, re.S)
        }
        names = {name: int(number) for name, number in re.findall(rb"/(F\d) (\d+) 0 R", content)}
        self._fonts = {name.decode(): self._table(self._objects[number]) for name, number in names.items()}
        pages = [body for _, body in sorted(self._objects.items()) if b"/Type /Page\n" in body]
        self.pages = [self._page(body) for body in pages]

    def _stream(self, number: bytes) -> bytes:
        found = re.search(rb"stream\n(.*?)\nendstream", self._objects[int(number)], re.S)
        assert found is not None
        return zlib.decompress(found[1]) if found[1][:1] == b"x" else found[1]

    def _table(self, font: bytes) -> dict[int, str]:
        (number,) = re.findall(rb"/ToUnicode (\d+)", font)
        pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]{4})>\n", self._stream(number))
        return {int(glyph, 16): chr(int(character, 16)) for glyph, character in pairs}

    def _page(self, body: bytes) -> str:
        (number,) = re.findall(rb"/Contents (\d+)", body)
        words, font = [], ""
        for name, drawn in re.findall(rb"/(F\d) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) Tj", self._stream(number), re.S):
            if name:
                font = name.decode()
                continue
            glyphs = re.sub(rb"\\(.)", lambda match: {b"r": b"\r", b"n": b"\n"}.get(match[1], match[1]), drawn)
            pairs = zip(glyphs[::2], glyphs[1::2], strict=True)
            words.append("".join(self._fonts[font][high * 256 + low] for high, low in pairs))
        return " ".join(words)


@pytest.mark.parametrize(("language", "tag"), [("fi", b"(fi-FI)"), ("en", b"(en-GB)")])
def test_the_pdf_has_a_title_a_language_and_an_outline(installation: Installation, language: str, tag: bytes) -> None:
    document = write(installation.facts(), language)
    content = pdf(document)
    title = f"{document.title} – {document.controller}".encode("utf-16-be").hex()
    assert content.startswith(b"%PDF-")
    assert b"/Lang " + tag in content
    assert f"/Title <feff{title}>".encode() in content
    # The title, twelve sections and their five parts.
    assert len(re.findall(rb"/Dest \[", content)) == 18


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_says_what_the_page_says(installation: Installation, language: str) -> None:
    document = write(installation.facts(), language)
    said = " ".join(PdfReader(pdf(document)).pages)
    missing = [each.heading for each in document.sections if each.heading not in said]
    words = {
        word for word in re.findall(r"\w+", re.sub(r"<[^>]+>", " ", unescape(html(document).partition("<body>")[2])))
    }
    assert missing == []
    # Long names are broken between lines.
    assert {word for word in words - set(re.findall(r"\w+", said)) if len(word) < 20 and "_" not in word} == set()


def test_finnish_letters_are_right_in_the_pdf(installation: Installation, tmp_path: Path) -> None:
    notice = tmp_path / "notice.yml"
    changed = NOTICE_FILE.read_text("utf-8").replace("Esimerkkikatu 1", "Åvägen Õ Š ž 1")
    notice.write_text(changed, "utf-8")
    first = PdfReader(pdf(write(installation.facts(notice=notice), "fi"))).pages[0]
    assert "Seloste käsittelytoimista" in first
    assert "Åvägen Õ Š ž 1" in first


def test_the_pages_of_the_pdf_are_numbered(installation: Installation) -> None:
    pages = PdfReader(pdf(write(installation.facts(), "fi"))).pages
    assert len(pages) > 2
    numbers = [re.findall(r"Sivu (\d+)/ (\d+)$", page) for page in pages]
    assert numbers == [[(str(number), str(len(pages)))] for number in range(1, len(pages) + 1)]


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of the command, with a database that nobody can reach."""
    for name, value in {**ENVIRONMENT, "LUOTSI_DATABASE_URL": POSTGRESQL}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(("form", "begin"), [("markdown", b"# Record of"), ("html", b"<!doctype"), ("pdf", b"%PDF-")])
def test_the_command_writes_each_form(form: str, begin: bytes, tmp_path: Path, capfdbinary: Any) -> None:
    assert main(["privacy", "record", "--language", "en", "--format", form]) == 0
    assert main(["privacy", "record", "--language", "en", "--format", form, "--output", str(tmp_path / "file")]) == 0
    assert capfdbinary.readouterr().out.startswith(begin)
    assert (tmp_path / "file").read_bytes().startswith(begin)


@pytest.mark.usefixtures("settings")
def test_the_command_speaks_finnish_unless_told_otherwise(capfdbinary: Any) -> None:
    assert main(["privacy", "record"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"# Seloste")


@pytest.mark.usefixtures("settings")
def test_the_command_makes_no_record_of_what_it_does_not_know(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LUOTSI_RETENTION_DAYS", "731")
    assert main(["privacy", "record", "--output", str(tmp_path / "record.md")]) == 2
    assert capsys.readouterr().err.startswith("No record is made. LUOTSI_RETENTION_DAYS is '731'")
    assert not (tmp_path / "record.md").exists()


@pytest.mark.usefixtures("settings")
def test_a_file_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["privacy", "record", "--output", str(tmp_path / "no" / "record.md")]) == 2
    assert "cannot be written (No such file or directory)" in capsys.readouterr().err
