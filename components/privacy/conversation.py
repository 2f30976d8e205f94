"""Several messages of one customer, masked as one text.

Within a conversation a person's name is replaced by the same number wherever it stands (`[NAME_1]`), and a value typed
over two messages ("my code is 131052", "-308T") is masked in the second. What the first message showed before the
second came cannot be taken back: its part stays when it says nothing by itself.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from components.privacy import allow
from components.privacy.base_forms import base_forms
from components.privacy.derived import CASE_LABEL, numbers_of_an_answer
from components.privacy.engine import ENGINE, anonymise, mask, to_original
from components.privacy.entities import placeholder
from components.privacy.names.lexicon import lexicon
from components.privacy.normalise import normalise
from components.privacy.resolve import merge
from components.privacy.spans import OPAQUE, Anonymised, Document, Span

LAST_NUMBER = 999
"""The most names that are told apart; further ones are `[NAME]`."""

_TAIL = 60
_DIGEST_BYTES = 16
_MAX_ROUNDS = 8
_AGAIN_SCORE = 0.5
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")

# Labels of values in words, where only the recogniser of one message decides.
_IN_WORDS = frozenset({"PERSON"})
_NO_DIGITS_NEEDED = frozenset({"EMAIL_ADDRESS", "URL", "USERNAME"})
_JOINTS = ("", "\n", " ")
_ANY_DIGIT_OR_AT = re.compile("[0-9@]")

# A masked value of digits at the end of a message, perhaps with a few characters of it left over.
_OPEN_END = re.compile(
    r"\[(?!NAME\b|NAME_|PERSON\b|URL\b|USERNAME\b)([A-Z_]{3,40})(?: [^\[\]]*)?\][ ]?[-+./:]?[0-9]{0,5}[ ]?[-+./]?\s*\Z"
)
_SIGN = r"[-+/.]"
_REST = re.compile(
    rf"\s*({_SIGN} ?[0-9a-z]{{1,20}}(?:[ -]?[0-9]{{1,6}}){{0,6}}|[0-9]{{1,20}}(?:[ -][0-9]{{1,6}}){{0,6}}[a-z]{{0,2}})"
    r"(?![^\W_])",
    re.I,
)
# The number of an option that was chosen is no beginning of a value.
_ONLY_OPTION = re.compile(r"\s*[0-9]{1,2}\s*[.)]?\s*\Z")
_REST_OF_CODE = re.compile(r"\s*([0-9]{0,3}[a-z])\s*[.!]?\s*\Z", re.I)
_REST_OF_MAIL = re.compile(r"\s*([a-z0-9-]{0,40}(?:\.[a-z0-9-]{1,40}){0,3}\.[a-z]{2,12})(?![^\W_])", re.I)
_REST_OF_IBAN = re.compile(r"\s*([0-9a-z]{1,30}(?:[ -][0-9a-z]{1,6}){0,7})\s*[.!]?\s*\Z", re.I)
_ENDS = re.compile(r"\s*(?:[.,;!?)\n]|\Z)")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}\Z")
# What can be counted, behind a number that is no piece of a code.
_COUNTED = re.compile(
    r" ?(?:%|€|\$|£|kk\b|kuukau|vuo[tds]|v\b|viik|vko|pv\b|päiv|vrk|tun|min|sek|klo|kpl|kerta|kert|asia|las|henk|hlö|"
    r"euro|eur\b|e\b|snt|kg|g\b|km|m\b|cm|l\b|x\b|°|ast|month|year|week|day|hour|min|sec|time|thing|child|kid|people|"
    r"person|question|kysym|item|piece|pcs|a\.?m\b|p\.?m\b|o'clock|degree|percent|pros|paket|parcel|litr|lit)",
    re.I,
)


@dataclass
class _Person:
    """A person by keyed digests: for each word of the name, those of the base forms that it can have."""

    number: int
    words: list[frozenset[bytes]]


class ConversationMemory:
    """What is remembered of a conversation so that its messages are masked as one text.

    A key made at random and digests made with it, numbers, and the end of the last message in its masked form: nothing
    by which a name could be read. One object serves one conversation and one message at a time.
    """

    def __init__(self, *, first_number: int = 1) -> None:
        """Begin a conversation; `first_number` is the first for a name, 1 to LAST_NUMBER."""
        if not 1 <= first_number <= LAST_NUMBER:
            raise ValueError(f"the first number is {first_number}; it must be from 1 to {LAST_NUMBER}")
        self._key = secrets.token_bytes(_DIGEST_BYTES)
        self._next = first_number
        self._persons: list[_Person] = []  # the one named last comes last
        self._tail = ""

    @property
    def next_number(self) -> int:
        """The number that the next new name gets; a memory that takes over begins with it."""
        return self._next

    def anonymise(
        self, text: str, *, known_public: frozenset[str] | None = None, asked_for: str | None = None
    ) -> Anonymised:
        """Mask the next message of the conversation; see `components.privacy.anonymise`.

        A text that was masked already stays as it is. asked_for: the label of the value that the customer was asked
        for; of a case number also short forms are masked then, which could be anything elsewhere ("1234/2025").
        """
        found = list(anonymise(text, known_public=known_public).spans)
        if asked_for == CASE_LABEL:
            found = sorted([*found, *numbers_of_an_answer(text, found)])
        if not found and OPAQUE in normalise(text).text:
            self._tail = _end_of(text)
            return Anonymised(text)
        crossing = self._crossing(text, known_public)
        continues = crossing is not None and not _ONLY_OPTION.match(self._tail)
        if crossing is None:
            crossing = self._continued(text)
            continues = crossing is not None and not self._begins_anew(text)
        if crossing:
            found = _with(crossing, found, text)
        found = list(merge([*found, *self._named_again(text, found)], text))
        numbers: dict[str, str] = {}
        origins = [(0, 0, len(text))]
        for _ in range(_MAX_ROUNDS):
            masked, origins = mask(text, found, lambda label, value: self._write(label, value, numbers))
            more = anonymise(masked, known_public=known_public).spans
            if not more:
                break
            found = list(merge([*found, *to_original(list(more), origins)], text))
        self._tail = _end_of(masked)
        return Anonymised(masked, tuple(found), continues)

    # --- names ---------------------------------------------------------------------------------------------------

    def _named_again(self, text: str, found: list[Span]) -> list[Span]:
        """Find the words that named somebody in an earlier message and are not taken for a name in this one."""
        if not self._persons:
            return []
        words = lexicon()
        spans = []
        for match in _WORD.finditer(text):
            low = match.group().casefold()
            listed = {"f", "g"} & set(words.lists_of(low)) and not base_forms(low) & words.ambiguous
            if not listed or any(span.start < match.end() and match.start() < span.end for span in found):
                continue
            digests = self._digests(match.group())
            if digests and self._known(digests):
                spans.append(Span(match.start(), match.end(), "PERSON", _AGAIN_SCORE))
        return spans

    def _write(self, label: str, value: str, numbers: dict[str, str]) -> str:
        written = ENGINE.entities.write(label, value)
        if label not in _IN_WORDS or written != placeholder(label):
            return written
        if value not in numbers:
            numbers[value] = self._numbered(label, value)
        return numbers[value]

    def _numbered(self, label: str, value: str) -> str:
        words = self._digests(value)
        person = self._known(words) if words else None
        if person is None:
            if self._next > LAST_NUMBER:
                return placeholder(label)
            person = _Person(self._next, [])
            self._next += 1
        else:
            self._persons.remove(person)
        person.words = _joined(person.words, words)
        self._persons.append(person)
        return placeholder(label, f"_{person.number}")

    def _digests(self, name: str) -> list[frozenset[bytes]]:
        found = []
        words = [word.group().replace("’", "'") for word in _WORD.finditer(normalise(name).text)]
        for word in [word for word in words if len(word) > 1] or words:
            forms = base_forms(word) or frozenset({word.casefold()})
            found.append(frozenset(self._digest(form) for form in forms))
        return found

    def _digest(self, form: str) -> bytes:
        return hmac.new(self._key, form.encode("utf-8", "replace"), hashlib.sha256).digest()[:_DIGEST_BYTES]

    def _known(self, words: list[frozenset[bytes]]) -> _Person | None:
        """Return the person of a name: no word of the shorter form of it may differ; the one named last wins."""
        best, most = None, 0
        for person in reversed(self._persons):
            same = _matching(person.words, words)
            if same > most and same >= min(len(person.words), len(words)):
                best, most = person, same
        return best

    # --- values over two messages --------------------------------------------------------------------------------

    def _crossing(self, text: str, known_public: frozenset[str] | None) -> Span | None:
        """Find what begins in the end of the last message and goes on in this one; return its part in this one."""
        if not self._tail or not text:
            return None
        best: Span | None = None
        for joint in _JOINTS:
            border = len(self._tail) + len(joint)
            for span in anonymise(self._tail + joint + text, known_public=known_public).spans:
                if span.start >= len(self._tail) or span.end <= border or span.label in _IN_WORDS:
                    continue
                part = text[: span.end - border]
                if span.label not in _NO_DIGITS_NEEDED and not _ANY_DIGIT_OR_AT.search(normalise(part).text):
                    continue
                if span.label == "LONG_NUMBER" and _small_or_year(part.strip(), text, span.end - border):
                    continue
                if best is None or span.end - border > best.end:
                    best = Span(len(part) - len(part.lstrip()), span.end - border, span.label, span.score)
        return best if best and not _counted(text, best.end) else None

    def _begins_anew(self, text: str) -> bool:
        """Whether the last message ended with a value and this one begins with another, as when one is corrected."""
        return self._tail.rstrip(" .!?").endswith("]") and text.lstrip()[:1].isalnum()

    def _continued(self, text: str) -> Span | None:
        """Find the rest of a value whose beginning was masked at the end of the last message."""
        open_end = _OPEN_END.search(self._tail)
        if not open_end:
            return None
        label = open_end.group(1)
        normal = normalise(text)
        match = None
        if label == "EMAIL_ADDRESS":
            match = _REST_OF_MAIL.match(normal.text)
        elif label in ("IBAN", "PARCEL_TRACKING"):
            match = _REST_OF_IBAN.match(normal.text)
            match = match if match and _ANY_DIGIT_OR_AT.search(match.group(1)) else None
        match = match or _REST.match(normal.text)
        if label in ("FI_PERSONAL_IDENTITY_CODE", "EORI", "LONG_NUMBER"):
            match = match or _REST_OF_CODE.match(normal.text)
        if match is None or OPAQUE in match.group(1) or _harmless(normal.text, match):
            return None
        start, end = normal.original(*match.span(1))
        return Span(start, end, label, 0.5)


def _harmless(text: str, match: re.Match[str]) -> bool:
    """Whether a number at the beginning of a message counts something, or is a year or a small one among words."""
    if _counted(text, match.end(1)):
        return True
    return _small_or_year(match.group(1), text, match.end(1))


def _small_or_year(value: str, text: str, end: int) -> bool:
    """Whether a value is a small number or a year, and more words follow."""
    return value.isdigit() and not _ENDS.match(text, end) and (len(value) < 3 or _YEAR.match(value) is not None)


def _counted(text: str, position: int) -> bool:
    if _COUNTED.match(text, position):
        return True
    hidden = allow.hide_in_context(Document(normalise(text).text))
    return hidden.startswith(OPAQUE) and not text.startswith(OPAQUE)


def _with(span: Span, found: list[Span], text: str) -> list[Span]:
    """Add a span to others, which it swallows where they overlap."""
    touching = [other for other in found if other.start < span.end and span.start < other.end]
    start = min([span.start, *(other.start for other in touching)])
    end = max([span.end, *(other.end for other in touching)])
    apart = [other for other in found if other not in touching]
    return list(merge([*apart, Span(start, end, span.label, span.score)], text))


def _end_of(masked: str) -> str:
    """Return the end of a masked text, without half a placeholder at its beginning."""
    tail = masked[-_TAIL:]
    opening, closing = tail.find("["), tail.find("]")
    if len(masked) > _TAIL and closing >= 0 and (opening < 0 or closing < opening):
        tail = tail[closing + 1 :]
    return tail


def _matching(known: list[frozenset[bytes]], words: list[frozenset[bytes]]) -> int:
    """Count the words of one name that are words of another, each used once."""
    left = list(known)
    count = 0
    for word in words:
        same = next((other for other in left if other & word), None)
        if same is not None:
            left.remove(same)
            count += 1
    return count


def _joined(known: list[frozenset[bytes]], words: list[frozenset[bytes]]) -> list[frozenset[bytes]]:
    """Return the words of a name after it was met in another form: fewer base forms a word, more words."""
    left = list(words)
    joined = []
    for word in known:
        same = next((other for other in left if other & word), None)
        if same is not None:
            left.remove(same)
        joined.append(word & same if same is not None else word)
    return joined + left
