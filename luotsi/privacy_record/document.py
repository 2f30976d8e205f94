"""The record as a document: headings, paragraphs, lists and tables in one language, made from the facts."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from components.channels.notice import period
from components.storage.retention import ALARM_OVERDUE, ALARM_WITHOUT_SUCCESS, RUNS_KEPT
from luotsi.privacy_record.collect import TRACKER_STORE, Facts, Kind, RecordError, Table

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1", None})


@dataclasses.dataclass(frozen=True)
class Paragraph:
    """A text; bold and links are marked as in the privacy notice. `quoted`: the controller's own words."""

    text: str
    quoted: bool = False


@dataclasses.dataclass(frozen=True)
class Subheading:
    """A heading inside of a section."""

    text: str


@dataclasses.dataclass(frozen=True)
class Items:
    """A list."""

    texts: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Grid:
    """A table; `name` is what it is called for those who hear it, the first cell of a row is its heading."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Paragraph | Subheading | Items | Grid


@dataclasses.dataclass(frozen=True)
class Section:
    """A numbered part of the record."""

    id: str
    heading: str
    blocks: tuple[Block, ...]


@dataclasses.dataclass(frozen=True)
class Document:
    """The record in a language; `page` has the places {number} and {total}."""

    language: str
    title: str
    basis: str
    controller: str
    facts: Facts
    page: str
    sections: tuple[Section, ...]


class Texts:
    """The words of the record in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._words = words(language)

    def __call__(self, name: str, **values: object) -> str:
        """Return a text, such as "storage.unstored", with its places filled in."""
        group, _, key = name.partition(".")
        found = self._words[group][key] if key else self._words[group]
        return str(found).format(**values)

    def described(self, group: str, name: str, **values: object) -> str:
        """Return the text about a thing that exists; raises RecordError when nobody has described it."""
        if name not in self._words[group]:
            raise RecordError(
                f"The record has no words for '{name}': describe it in luotsi/privacy_record/texts.fi.yml and "
                f"texts.en.yml under '{group}'."
            )
        return str(self._words[group][name]).format(**values)

    def items(self, name: str, **values: object) -> tuple[str, ...]:
        """Return a list of texts."""
        group, _, key = name.partition(".")
        return tuple(str(item).format(**values) for item in self._words[group][key])


@functools.cache
def words(language: str) -> dict[str, Any]:
    """Return everything that stands in the file of a language."""
    found: dict[str, Any] = yaml.safe_load(Path(__file__).with_name(f"texts.{language}.yml").read_text("utf-8"))
    return found


def write(facts: Facts, language: str, *, dated: bool = True) -> Document:
    """Put the facts into words; raises RecordError for a thing that nobody has described.

    dated: whether it tells when it was made, so that no two are the same.
    """
    texts = Texts(language)
    parts = _Parts(facts, texts)
    return Document(
        language=language,
        title=texts("title"),
        basis=texts(
            "basis" if dated else "basis_undated",
            version=facts.version,
            made_at=f"{facts.made_at:%Y-%m-%d %H:%M}",
            notice=facts.notice.version,
        ),
        controller=getattr(facts.notice_file.controller.name, language),
        facts=facts,
        page=words(language)["page"],
        sections=tuple(
            Section(name, heading, tuple(getattr(parts, name)()))
            for name, heading in words(language)["sections"].items()
        ),
    )


class _Parts:
    """The sections, each a method of its name."""

    def __init__(self, facts: Facts, texts: Texts) -> None:
        self._facts = facts
        self._texts = texts
        self._notice = {part["id"]: part for part in facts.notice.document(texts.language)["sections"]}
        settings = facts.settings
        self._session = period(settings.session_lifetime, texts.language)

    def controller(self) -> Iterator[Block]:
        controller = self._facts.notice_file.controller
        language = self._texts.language
        values = {
            "name": getattr(controller.name, language),
            "address": getattr(controller.address, language),
            "email": controller.email,
        }
        yield Items(tuple(f"{self._texts(f'controller.{name}')}: {value}" for name, value in values.items()))

    def contact(self) -> Iterator[Block]:
        file = self._facts.notice_file
        officer = getattr(file.data_protection_officer.name, self._texts.language)
        yield Paragraph(self._texts("contact.person", email=file.controller.email))
        yield Paragraph(self._texts("contact.officer", officer=officer, email=file.data_protection_officer.email))

    def register(self) -> Iterator[Block]:
        controller = getattr(self._facts.notice_file.controller.name, self._texts.language)
        yield Paragraph(self._texts("register.name", controller=controller))

    def purpose(self) -> Iterator[Block]:
        yield from self._quote("purpose")
        yield Paragraph(self._texts("purpose.staff"))

    def legal_basis(self) -> Iterator[Block]:
        yield from self._quote("basis")
        yield Paragraph(self._texts.described("legal_basis", self._facts.settings.consent_mode))
        yield Paragraph(self._texts("legal_basis.employees"))

    def contents(self) -> Iterator[Block]:
        texts, kinds = self._texts, self._facts.kinds
        yield Subheading(texts("contents.subjects"))
        yield from self._quote("subjects")
        yield Paragraph(texts("contents.employees"))
        yield Subheading(texts("contents.data"))
        yield Grid(
            texts("contents.data"),
            (texts("contents.table"), texts("contents.holds"), texts("contents.columns")),
            tuple(
                (table.name, texts.described("tables", table.name), ", ".join(table.columns))
                for table in self._facts.tables
            ),
        )
        yield Paragraph(texts("contents.derived"))
        yield Paragraph(texts("contents.special"))
        yield Subheading(texts("contents.masked"))
        yield Paragraph(texts("contents.masked_how"))
        yield Grid(
            texts("contents.masked"),
            (texts("contents.label"), texts("contents.description"), texts("contents.operator")),
            tuple(
                (each.label, texts.described("labels", each.label), self._replaced(each))
                for each in kinds
                if each.reason is None
            ),
        )
        if any(each.operator == "hash" for each in kinds):
            yield Paragraph(texts("contents.hashed"))
        yield from self._disabled([each for each in kinds if each.reason is not None])
        yield Paragraph(texts("contents.limits"))

    def _replaced(self, kind: Kind) -> str:
        texts = self._texts
        parts = [texts.described("operators", kind.operator)]
        if kind.keep:
            parts.append(texts("contents.keep", count=kind.keep))
        if kind.minimum_score:
            parts.append(texts("contents.minimum_score", score=kind.minimum_score))
        if kind.allowed:
            parts.append(texts("contents.allowed", count=kind.allowed))
        return "; ".join(parts)

    def _disabled(self, kinds: list[Kind]) -> Iterator[Block]:
        texts = self._texts
        if not kinds:
            yield Paragraph(texts("contents.nothing_disabled"))
            return
        yield Paragraph(texts("contents.disabled"))
        yield Items(
            tuple(
                texts(
                    "contents.disabled_item",
                    label=each.label,
                    description=texts.described("labels", each.label),
                    reason=each.reason,
                )
                for each in kinds
            )
        )

    def sources(self) -> Iterator[Block]:
        yield Paragraph(self._texts("sources.only"))
        yield Paragraph(self._texts("sources.channels"))
        yield Items(tuple(self._texts.described("channels", channel) for channel in self._facts.channels))

    def storage(self) -> Iterator[Block]:
        texts, settings = self._texts, self._facts.settings
        yield Grid(
            texts("sections.storage"),
            (texts("storage.table"), texts("storage.kept")),
            tuple((table.name, self._kept(table)) for table in self._facts.tables),
        )
        yield Paragraph(
            texts(
                "storage.enforced",
                alarm_without_success=period(ALARM_WITHOUT_SUCCESS, texts.language),
                alarm_overdue=period(ALARM_OVERDUE, texts.language),
            )
        )
        yield Paragraph(texts("storage.shorter"))
        yield Paragraph(texts("storage.holds"))
        yield Paragraph(texts("storage.unstored", session=self._session))
        export = "storage.training_on" if settings.training_export else "storage.training_off"
        yield Paragraph(texts(export, k=settings.training_k))
        yield Paragraph(texts("storage.backups"))

    def _kept(self, table: Table) -> str:
        length = table.period or (RUNS_KEPT if table.name == "retention_runs" else None)
        return self._texts.described("kept", table.name, period=period(length, self._texts.language) if length else "")

    def recipients(self) -> Iterator[Block]:
        texts, facts = self._texts, self._facts
        yield from self._quote("recipients")
        yield Paragraph(texts("recipients.staff"))
        yield Items(tuple(texts.described("roles", role) for role in facts.roles))
        if facts.broker is None:
            yield Paragraph(texts("recipients.no_broker"))
        else:
            yield Paragraph(texts("recipients.broker", kind=facts.broker[0], target=facts.broker[1]))
        yield Paragraph(texts("recipients.inside"))
        yield Items(
            (
                texts("recipients.actions", host=facts.action_server),
                texts(f"recipients.lock_{facts.lock_store[0]}", host=facts.lock_store[1]),
                texts(f"recipients.database_{facts.database[0]}", host=facts.database[1]),
            )
        )
        if self._platforms:
            yield Paragraph(texts("platforms.inside"))
            yield Items(self._platforms)

    @property
    def _platforms(self) -> tuple[str, ...]:
        """What the record says of the outside platforms among the channels."""
        described = words(self._texts.language)["platforms"]
        return tuple(
            self._texts.described("platforms", channel) for channel in self._facts.channels if channel in described
        )

    def transfers(self) -> Iterator[Block]:
        texts, facts = self._texts, self._facts
        yield from self._quote("transfers")
        yield Paragraph(texts("transfers.platforms" if self._platforms else "transfers.none"))
        hosts = [facts.database[1], facts.lock_store[1], facts.action_server]
        if facts.broker is not None and facts.broker[0] != "file":
            hosts.append(facts.broker[1])
        elsewhere = [str(host) for host in dict.fromkeys(hosts) if host not in _LOCAL]
        yield Paragraph(texts("transfers.hosts", hosts=", ".join(elsewhere)) if elsewhere else texts("transfers.local"))

    def security(self) -> Iterator[Block]:
        texts, facts = self._texts, self._facts
        yield from self._quote("security")
        yield Subheading(texts("security.manual"))
        yield Paragraph(texts("security.manual_text"))
        yield Subheading(texts("security.automatic"))
        yield Paragraph(texts("security.program"))
        previous_keys = len(facts.settings.previous_secret_keys)
        yield Items(
            (
                *texts.items(
                    "security.program_items",
                    session=self._session,
                    previous_keys=previous_keys,
                    idle=period(facts.console.idle, texts.language),
                    longest=period(facts.console.longest, texts.language),
                    audit_log=period(facts.audit_log, texts.language),
                ),
                texts(f"security.database_{facts.database[0]}"),
            )
        )
        yield Paragraph(texts("security.deployment"))
        yield Paragraph(texts("security.organisation"))

    def configuration(self) -> Iterator[Block]:
        texts, facts, settings = self._texts, self._facts, self._facts.settings
        length = functools.partial(period, language=texts.language)
        model = texts("configuration.no_model")
        if facts.model is not None:
            kind = "model_current" if facts.model.current else "model_outdated"
            model = texts(f"configuration.{kind}", fingerprint=facts.model.fingerprint)
        values = {
            "version": facts.version,
            "anonymiser_version": facts.anonymiser_version,
            "notice_version": facts.notice.version,
            "model": model,
            "tracker_store": TRACKER_STORE,
            "database": _kind_and_place(facts.database),
            "lock_store": _kind_and_place(facts.lock_store),
            "broker": _kind_and_place(facts.broker) if facts.broker else texts("configuration.no_broker"),
            "channels": ", ".join(facts.channels),
            "retention": length(settings.retention),
            "technical_log": length(settings.technical_log_retention),
            "reply_addresses": length(settings.reply_address_lifetime),
            "session": length(settings.session_lifetime),
            "audit_log": length(facts.audit_log),
            "console_idle": length(facts.console.idle),
            "console_longest": length(facts.console.longest),
            "consent_mode": settings.consent_mode,
            "training_export": texts(f"configuration.{str(settings.training_export).lower()}"),
            "training_k": settings.training_k,
        }
        yield Grid(
            texts("sections.configuration"),
            (texts("configuration.setting"), texts("configuration.value")),
            tuple((texts(f"configuration.{name}"), str(value)) for name, value in values.items()),
        )

    def _quote(self, section: str) -> Iterator[Block]:
        yield Paragraph(self._texts("quoted"))
        for paragraph in self._notice[section]["paragraphs"]:
            yield Paragraph(paragraph, quoted=True)


def _kind_and_place(found: tuple[str, str | None]) -> str:
    kind, place = found
    return f"{kind} ({place})" if place else kind
