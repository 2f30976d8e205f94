"""What becomes of each class of personal data: data/entities.yml, or the file that LUOTSI_PRIVACY_ENTITIES names."""

from __future__ import annotations

import difflib
import hashlib
import hmac
import logging
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Extra, Field, root_validator, validator

from components.located_yaml import FileError, load_located_yaml, load_model
from components.privacy.cues import Cue
from components.privacy.spans import OPAQUE, Document, Hit

VARIABLE = "LUOTSI_PRIVACY_ENTITIES"
DEFAULT_PATH = Path(__file__).parent / "data" / "entities.yml"
MASK_CHARACTERS = "*#x•█"
HASH_LETTERS = "abcdefghijklmnop"
HASH_LENGTH = 16
MOST_MASKED = 64

# A name is called NAME in a text; everything else is called by its label.
_WORDS = {"PERSON": "NAME"}
_NOT_SIGNIFICANT = re.compile(r"[\W_]+")

logger = logging.getLogger(__name__)


def placeholder(label: str, detail: str = "") -> str:
    """Return what stands for a value in a masked text, such as `[PHONE_NUMBER]`, `[NAME]` or `[NAME_2]`."""
    return f"[{_WORDS.get(label, label)}{detail}]"


class Entity(BaseModel):
    """What becomes of one class of personal data."""

    operator: Literal["label", "mask", "hash", "drop"] = "label"
    character: str = "*"
    keep: int = Field(default=0, ge=0, le=2)
    minimum_score: float = Field(default=0.0, ge=0.0, le=1.0)
    allow: list[str] = []
    allow_patterns: list[str] = []
    deny: list[str] = []
    enabled: bool = True
    reason: str = ""

    class Config:
        """A key that is not known is an error."""

        extra = Extra.forbid

    @validator("character")
    def _one_known_sign(cls, value: str) -> str:
        if len(value) != 1 or value not in MASK_CHARACTERS:
            raise ValueError(f"write one of these signs: {' '.join(MASK_CHARACTERS)}")
        return value

    @validator("allow_patterns", each_item=True)
    def _a_pattern(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"is no regular expression ({error}); mend it or list the words under 'allow'") from error
        return value

    @validator("allow", "deny", each_item=True)
    def _not_empty(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("is empty; write the word or take the line away")
        return value

    @root_validator(skip_on_failure=True)
    def _silence_has_a_reason(cls, values: dict[str, object]) -> dict[str, object]:
        if not values["enabled"] and not str(values["reason"]).strip():
            raise ValueError("'enabled: false' needs a 'reason'; write why this is not masked")
        return values


_DEFAULT = Entity()


class _File(BaseModel):
    entities: dict[str, Entity]

    class Config:
        extra = Extra.forbid


class Entities:
    """The settings of all classes at work: they sift what was found and write what stands for it."""

    def __init__(self, settings: Mapping[str, Entity], key: bytes | None = None) -> None:
        """Take the settings by label; `key` is needed where an operator is `hash`."""
        self._settings = dict(settings)
        if key is None and any(entity.operator == "hash" for entity in settings.values()):
            raise ValueError("the operator 'hash' needs the secret key of the installation: set LUOTSI_SECRET_KEY")
        self._key = hmac.new(key, b"luotsi entities", hashlib.sha256).digest() if key else b""
        self._written: dict[str, str] = {}
        self._plain = all(entity == _DEFAULT for entity in settings.values())
        self._allowed = {
            label: ({_significant(word) for word in entity.allow}, [re.compile(p, re.I) for p in entity.allow_patterns])
            for label, entity in settings.items()
            if entity.allow or entity.allow_patterns
        }
        self._denied = [
            (label, Cue(word), re.compile(rf"(?<!\w){word}(?!\w)"))
            for label, entity in settings.items()
            for word in (re.escape(denied.lower()) for denied in entity.deny)
        ]

    @property
    def settings(self) -> Mapping[str, Entity]:
        """The settings by label; a label that is missing has those of `Entity()`."""
        return self._settings

    @property
    def disabled(self) -> dict[str, str]:
        """The classes that are not masked, each with the reason given."""
        return {label: entity.reason for label, entity in self._settings.items() if not entity.enabled}

    @property
    def trigger(self) -> str:
        """A pattern without which no denied word stands in a text; empty when none is denied."""
        return "|".join(pattern.pattern for _, _, pattern in self._denied)

    def sift(self, hits: list[Hit], document: Document) -> tuple[list[Hit], Document]:
        """Return the hits that count, and the document without the values that are allowed."""
        if self._plain:
            return hits, document
        kept: list[Hit] = []
        allowed: list[Hit] = []
        off: list[Hit] = []
        for hit in hits:
            entity = self._settings.get(hit.label)
            if entity is not None and not entity.enabled:
                off.append(hit)
            elif self._is_allowed(hit, document):
                allowed.append(hit)
            elif entity is None or hit.score >= entity.minimum_score:
                kept.append(hit)
        kept = [hit for hit in kept if not any(a.start <= hit.start and hit.end <= a.end for a in allowed)]
        for label, cue, pattern in self._denied:
            if cue.somewhere(document):
                kept += [Hit(*match.span(), label, 1.0) for match in pattern.finditer(document.lower)]
        if not kept and (allowed or off):  # the fallback for long numbers, which comes next, shall not take them
            document = Document(blanked(document.text, [*allowed, *off]), document.cues)
        return kept, document

    def _is_allowed(self, hit: Hit, document: Document) -> bool:
        if hit.label not in self._allowed:
            return False
        words, patterns = self._allowed[hit.label]
        value = document.text[hit.start : hit.end]
        return _significant(value) in words or any(pattern.fullmatch(value) for pattern in patterns)

    def write(self, label: str, value: str) -> str:
        """Return what stands for a value in a masked text."""
        written = self._written.get(label)
        if written is not None:
            return written
        entity = self._settings.get(label, _DEFAULT)
        if entity.operator == "label":
            return self._written.setdefault(label, placeholder(label))
        if entity.operator == "drop":
            return ""
        if entity.operator == "hash":
            digest = hmac.new(self._key, f"{label}:{_significant(value)}".encode(), hashlib.sha256).digest()
            letters = "".join(HASH_LETTERS[byte >> 4] + HASH_LETTERS[byte & 15] for byte in digest)
            return placeholder(label, f" ~{letters[:HASH_LENGTH]}")
        end = value[len(value) - entity.keep :]
        if not (end.isascii() and end.isalnum()) or len(value) < 4 * entity.keep:
            end = ""
        return placeholder(label, f" {entity.character * min(MOST_MASKED, len(value) - len(end))}{end}")


def blanked(text: str, hits: Sequence[Hit]) -> str:
    """Return a normal form without the text of some hits, length for length."""
    if not hits:
        return text
    chars = list(text)
    for hit in hits:
        chars[hit.start : hit.end] = OPAQUE * (hit.end - hit.start)
    return "".join(chars)


def load(path: Path, labels: Sequence[str], key: bytes | None = None) -> Entities:
    """Read a file of settings for the classes in `labels`.

    Raises components.located_yaml.FileError, which names file, line, key and what to do, for a file out of order.
    """
    if not path.is_file():
        raise FileError(f"{path}: there is no such file; mend {VARIABLE} or take it away")
    settings = load_model(path, _File).entities
    unknown = [label for label in settings if label not in labels]
    if unknown:
        lines = load_located_yaml(path)
        raise FileError("\n".join(_unknown(path, lines.line(("entities", label)), label, labels) for label in unknown))
    try:
        entities = Entities(settings, key)
    except ValueError as error:
        raise FileError(f"{path}: {error}") from error
    for label, reason in entities.disabled.items():
        logger.warning("%s is not masked on this installation: %s", label, reason)
    return entities


def _unknown(path: Path, line: int, label: str, labels: Sequence[str]) -> str:
    near = difflib.get_close_matches(label.upper(), labels, n=3, cutoff=0.4) or sorted(labels)
    return f"{path}:{line}: 'entities -> {label}' is no class of personal data; did you mean {', '.join(near)}?"


def installed(labels: Sequence[str], environment: Mapping[str, str] | None = None) -> Entities:
    """Read the file that the environment names, or the one that comes with Luotsi."""
    env = os.environ if environment is None else environment
    return load(Path(env.get(VARIABLE) or DEFAULT_PATH), labels, _key(env))


def _key(environment: Mapping[str, str]) -> bytes | None:
    value = environment.get("LUOTSI_SECRET_KEY")
    file = environment.get("LUOTSI_SECRET_KEY_FILE")
    if not value and file and Path(file).is_file():
        value = Path(file).read_text(encoding="utf-8").strip()
    return value.encode() if value else None


def _significant(value: str) -> str:
    """Return the letters and digits of a value in one case: what makes it the same value."""
    return _NOT_SIGNIFICANT.sub("", value).casefold()
