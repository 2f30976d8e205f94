"""Messages with their personal data marked: the committed set, and files of the same form in JSON lines."""

from __future__ import annotations

import dataclasses
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COMMITTED = Path(__file__).with_name("data")
LANGUAGES = ("en", "fi")
KINDS = ("natural", "adversarial", "negative")
LABELS = (
    "PERSON",
    "FI_PERSONAL_IDENTITY_CODE",
    "DATE_OF_BIRTH",
    "PHONE_NUMBER",
    "EMAIL_ADDRESS",
    "STREET_ADDRESS",
    "PASSPORT_NUMBER",
    "RESIDENCE_PERMIT_CARD_NUMBER",
    "CUSTOMER_NUMBER",
    "CASE_NUMBER",
    "IBAN",
    "CREDIT_CARD",
    "IP_ADDRESS",
    "URL",
    "USERNAME",
    "VEHICLE_REGISTRATION",
    "EORI",
    "PARCEL_TRACKING",
)


@dataclasses.dataclass(frozen=True)
class Gold:
    """A piece of personal data: offsets into the text; `soft` are parts of it that identify no one alone."""

    start: int
    end: int
    label: str
    soft: tuple[tuple[int, int], ...] = ()


@dataclasses.dataclass(frozen=True)
class Message:
    """A message of a customer; without spans it is harmless and must stay as it is."""

    id: str
    language: str
    kind: str
    text: str
    spans: tuple[Gold, ...] = ()


def read(path: Path) -> list[Message]:
    """Read a file of JSON lines, or of marked messages (`fi.txt`, `en.txt`), or a folder of the latter.

    Raises OSError, and ValueError that names file, line and mend.
    """
    if path.is_dir():
        return [message for language in LANGUAGES for message in _read_marked(path / f"{language}.txt")]
    return list(_read_json(path) if path.suffix in (".jsonl", ".json") else _read_marked(path))


def as_json(message: Message) -> str:
    """Return a message as one line of JSON."""
    spans: list[dict[str, Any]] = []
    for span in message.spans:
        soft = {"soft": [list(part) for part in span.soft]} if span.soft else {}
        spans.append({"start": span.start, "end": span.end, "label": span.label, **soft})
    value = {"id": message.id, "lang": message.language, "text": message.text, "spans": spans, "kind": message.kind}
    return json.dumps(value, ensure_ascii=False)


def _read_json(path: Path) -> Iterator[Message]:
    for number, line in _lines(path):
        try:
            value = json.loads(line)
            message = Message(
                id=str(value["id"]),
                language=value["lang"],
                kind=value["kind"],
                text=value["text"],
                spans=tuple(
                    Gold(s["start"], s["end"], s["label"], tuple((a, b) for a, b in s.get("soft", ())))
                    for s in sorted(value["spans"], key=lambda s: int(s["start"]))
                ),
            )
            _check(message)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f'{path}:{number}: {error!r}; write one {{"id", "lang", "kind", "text", "spans"}} a line'
            ) from error
        yield message


def _read_marked(path: Path) -> Iterator[Message]:
    kind = ""
    counts = dict.fromkeys(KINDS, 0)
    for number, line in _lines(path):
        if line.startswith("## "):
            kind = line[3:].strip()
            if kind not in KINDS:
                raise ValueError(f"{path}:{number}: unknown kind {kind!r}; use one of {', '.join(KINDS)}")
        elif not line.startswith("#"):
            try:
                if not kind:
                    raise ValueError('a line "## natural", "## adversarial" or "## negative" has to come first')
                counts[kind] += 1
                yield compile_marked(
                    line, identifier=f"{path.stem}-{kind}-{counts[kind]:03}", language=path.stem, kind=kind
                )
            except ValueError as error:
                raise ValueError(f"{path}:{number}: {error}") from error


_PIECE = re.compile(r"\\u[0-9a-fA-F]{4}|\\[n\\{}‹›#]|\{[A-Z_]+\||[{}‹›\\]")


def compile_marked(source: str, *, identifier: str, language: str, kind: str) -> Message:
    r"""Turn `asun {STREET_ADDRESS|Kuja 1, ‹00100 Helsinki›}` into a message with spans; ‹…› is the soft part of a span.

    Escapes: `\n`, `\u200b` (four hexadecimal digits), and a backslash before any of `\ { } ‹ › #`.
    Raises ValueError that names the mend.
    """
    for character in source:
        if unicodedata.category(character) in ("Cf", "Cc", "Zl", "Zp") or character == "\u00a0":
            raise ValueError(f"an invisible character; write it as \\u{ord(character):04x}, so that it can be seen")
    text: list[str] = []
    length = position = 0
    label, start, soft_start = "", 0, -1
    soft: list[tuple[int, int]] = []
    spans: list[Gold] = []

    def add(piece: str) -> None:
        nonlocal length
        text.append(piece)
        length += len(piece)

    for match in _PIECE.finditer(source):
        add(source[position : match.start()])
        position = match.end()
        piece = match.group()
        if piece == "\\n":
            add("\n")
        elif piece.startswith("\\u"):
            add(chr(int(piece[2:], 16)))
        elif piece.startswith("\\") and len(piece) == 2:
            add(piece[1])
        elif piece.startswith("{") and len(piece) > 1 and not label:
            label, start, soft = piece[1:-1], length, []
        elif piece == "‹" and label and soft_start < 0:
            soft_start = length
        elif piece == "›" and soft_start >= 0:
            soft.append((soft_start, length))
            soft_start = -1
        elif piece == "}" and label and soft_start < 0:
            spans.append(Gold(start, length, label, tuple(soft)))
            label = ""
        else:
            raise ValueError(
                f"{piece!r} in column {match.start() + 1} does not fit there; write \\{piece[0]} to mean it"
            )
    add(source[position:])
    if label:
        raise ValueError(f"the mark {{{label}| is not closed; add }}")
    message = Message(identifier, language, kind, "".join(text), tuple(spans))
    _check(message)
    return message


def _check(message: Message) -> None:
    """Raise ValueError unless the spans lie in the text, apart, in order, under known labels, and fit the kind."""
    if message.language not in LANGUAGES:
        raise ValueError(f"unknown language {message.language!r}; use one of {', '.join(LANGUAGES)}")
    if (message.kind == "negative") != (not message.spans):
        raise ValueError("a negative message has no marks, and every other one has; move it or mark it")
    position = 0
    for span in message.spans:
        value = message.text[span.start : span.end]
        if span.label not in LABELS:
            raise ValueError(f"unknown label {span.label!r}; use one of {', '.join(LABELS)}")
        if not position <= span.start < span.end <= len(message.text):
            raise ValueError(f"the {span.label} at {span.start}-{span.end} lies outside the text or in another one")
        if value != value.strip():
            raise ValueError(f"the {span.label} {value!r} begins or ends with a space; leave it outside")
        if any(not span.start <= a < b <= span.end for a, b in span.soft):
            raise ValueError(f"a soft part of {value!r} lies outside it")
        position = span.end


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, line.rstrip("\n")
