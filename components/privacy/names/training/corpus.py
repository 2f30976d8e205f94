"""Messages to learn from: templates filled with names, and messages without any."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

import wordfreq
import yaml

from components.privacy.names.lexicon import DATA, lexicon
from components.privacy.names.training.inflect import inflect

ROOT = Path(__file__).resolve().parents[4]
_VALUES: dict[str, Any] = yaml.safe_load((DATA / "training" / "values.yml").read_text(encoding="utf-8"))
_SLOT = re.compile(r"\{(?P<kind>given|family|full|full_rev)(?P<number>[0-9]?)(?::(?P<case>[a-z]+))?\}")
_GAPS = (". ", ". ", "? ", "! ", ", ", "\n", ".\n", "\n\n", ".\n\n", "\n- ", ".\n- ", ": ", " - ")
_VALUE = re.compile(r"\{(?P<kind>[a-z]+)[0-9]?(?::(?P<case>[a-z]+))?\}")


@dataclass(frozen=True)
class Message:
    """A message and the places of the names in it."""

    text: str
    names: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Names:
    """Given and family names of each origin."""

    given: Mapping[str, Sequence[str]]
    family: Mapping[str, Sequence[str]]

    @property
    def origins(self) -> list[str]:
        """Origins that have names of both kinds."""
        return sorted(self.given.keys() & self.family.keys())


def read_names() -> Names:
    """Read the lists of this package, and Faker's for more variety: names that no list of ours holds."""
    given, family = ({p.stem: _lines(p) for p in sorted((DATA / kind).glob("*.txt"))} for kind in ("given", "family"))
    for locale in _VALUES["faker_locales"]:
        provider = import_module(f"faker.providers.person.{locale}").Provider
        firsts = {str(n) for key in _FAKER_GIVEN for n in getattr(provider, key, ())}
        lasts = {str(n) for key in _FAKER_FAMILY for n in getattr(provider, key, ())}
        if len(firsts) > 20 and len(lasts) > 20:
            given[f"faker-{locale}"] = sorted(firsts)
            family[f"faker-{locale}"] = sorted(lasts)
    return Names(given, family)


_FAKER_GIVEN = ("first_names", "first_names_male", "first_names_female", "first_names_unisex")
_FAKER_FAMILY = ("last_names", "last_names_male", "last_names_female", "last_names_unisex")


def _lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def messages(names: Names, *, seed: int, copies: int, plain_copies: int) -> Iterator[tuple[Message, bool]]:
    """Yield messages to learn from: each template `copies` times, each message without a name `plain_copies` times.

    The second value tells whether the lists should be hidden for this message, so that the tagger learns to see a name
    that no list of names holds, and to leave a word that no list of words holds.
    """
    choice = random.Random(seed)  # noqa: S311 (variety, not secrets)
    maker = _Maker(names, choice)
    for language in ("fi", "en"):
        lines = harmless(language)
        lines += _templates(language, "companies", "countries") * 12 + _templates(language, "words") * 4
        for template in _templates(language, "", "greetings", "frames"):
            for _ in range(copies):
                message = maker.fill(template, language)
                if choice.random() < _SHARE_EMBEDDED:
                    message = maker.embed(message, lines, language)
                yield message, choice.random() < _SHARE_HIDDEN_NAMES
        other_words = dictionary_words(language)
        published = content(language)
        for number, line in enumerate(lines + published):
            for copy in range(plain_copies if number < len(lines) else 2):
                text = maker.values(line, language)
                if copy and choice.random() < 0.6:
                    text = maker.reword(text, other_words)
                yield Message(maker.style(text) if copy else text, ()), choice.random() < _SHARE_HIDDEN_WORDS
        for line in lines + published:
            if choice.random() < _SHARE_EMBEDDED:
                yield maker.embed(Message(maker.values(line, language), ()), lines, language), False
    for text in service_texts():
        for part in (text, *text.split("\n\n")):
            yield Message(part, ()), choice.random() < _SHARE_HIDDEN_WORDS


_SHARE_HIDDEN_NAMES = 0.25
_SHARE_HIDDEN_WORDS = 0.4
_SHARE_EMBEDDED = 0.2
_SHARE_WORDS_AS_NAMES = 0.12


def _templates(language: str, *parts: str) -> list[str]:
    files = (f"{language}_{part}.txt" if part else f"{language}.txt" for part in parts)
    return [line for file in files for line in _lines(DATA / "training" / file)]


def harmless(language: str) -> list[str]:
    """Return the messages without a person's name."""
    return _templates(language, "harmless", "everyday", "world", "technical", "sounds", "field")


def content(language: str) -> list[str]:
    """Return the examples and the sentences of the answers of the published topics."""
    found: list[str] = []
    for topic in _topics():
        found += [topic["title"][language], *topic["examples"][language]]
        found += _sentences(str(topic["answer"][language]))
    for path in sorted((ROOT / "data" / "nlu" / language).glob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            found += [line[2:].strip() for line in block["examples"].splitlines() if line.startswith("- ")]
    return found


def service_texts() -> list[str]:
    """Return what the service itself says, as it is written: answers with their paragraphs, lists and links."""
    found = [str(text) for topic in _topics() for text in topic["answer"].values()]
    files = [ROOT / "domain.yml", ROOT / "components" / "channels" / "texts.yml"]
    for folder in ("privacy", "services"):
        files += sorted((ROOT / "data" / folder).rglob("*.yml"))
    for path in files:
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
        found += _texts(read.get("responses", read) if isinstance(read, dict) else read)
    return [text for text in found if " " in text]


def _topics() -> Iterator[dict[str, Any]]:
    for path in sorted((ROOT / "data" / "faq").glob("*/*.yml")):
        yield from yaml.safe_load(path.read_text(encoding="utf-8"))["topics"]


def _texts(read: object) -> list[str]:
    """Return every text in what a YAML file holds."""
    if isinstance(read, dict):
        read = list(read.values())
    if isinstance(read, list):
        return [text for item in read for text in _texts(item)]
    return [read] if isinstance(read, str) else []


def dictionary_words(language: str) -> list[str]:
    """Return rarer words of a language, in all their forms, that are in no list of names."""
    known = lexicon()
    other = "en" if language == "fi" else "fi"
    strange = frozenset(wordfreq.get_frequency_dict(other))
    found = []
    for step, words in enumerate(wordfreq.get_frequency_list(language)):
        if 450 <= step <= 660:
            found += [
                word
                for word in words
                if 4 <= len(word) <= 18 and word.isalpha() and word not in strange and not known.lists_of(word)
            ]
    return found


def _sentences(text: str) -> list[str]:
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|\*\*", r"\1", text)
    return [part.strip(" -") for part in re.split(r"(?<=[.!?])\s+|\n+", plain) if len(part.strip(" -")) > 3]


class _Maker:
    def __init__(self, names: Names, choice: random.Random) -> None:
        self._names = names
        self._choice = choice
        self._origins = names.origins
        self._places = _lines(DATA / "places.txt")
        self._countries = {language: _lines(DATA / f"countries_{language}.txt") for language in ("fi", "en")}
        self._words = {language: _lines(DATA / f"everyday_{language}.txt") for language in ("fi", "en")}
        # Names that mean something else, too, are drawn more often: what stands around them must tell.
        known = lexicon()
        self._word_names = [
            [
                name
                for name in sorted({*chain(*lists.values())})
                if known.is_name(n := name.casefold()) and not known.is_only_a_name(n)
            ]
            for lists in (names.given, names.family)
        ]
        self._weights = [_VALUES["origin_weights"].get(origin, 2) for origin in self._origins]

    def fill(self, template: str, language: str) -> Message:
        """Fill a template: other values first, then names, whose places are noted."""
        choice = self._choice
        people: dict[str, tuple[str, str, str]] = {}
        template = self.values(template, language)
        way = choice.random()
        parts: list[str] = []
        places: list[tuple[int, int]] = []
        length = position = 0
        for match in _SLOT.finditer(template):
            between = template[position : match.start()]
            parts.append(between)
            length += len(between)
            person = people.setdefault(match["number"], self._person())
            text = self._name(person, match["kind"], match["case"] if language == "fi" else None)
            places.append((length, length + len(text)))
            if match["case"] and language == "en":
                draw = choice.random()
                text += "'s" if draw < 0.8 else " 's" if draw < 0.83 else "s" if draw < 0.93 else ""
            parts.append(text)
            length += len(text)
            position = match.end()
        parts.append(template[position:])
        return Message(_styled("".join(parts), way, choice), tuple(places))

    def values(self, template: str, language: str) -> str:
        """Fill the placeholders that are no names."""

        def value(match: re.Match[str]) -> str:
            if _SLOT.fullmatch(match.group()):
                return match.group()
            if match["kind"] == "word":
                return self._word(language, match["case"])
            if match["kind"] in ("city", "country"):
                return self._place(match["kind"], language, match["case"])
            return self._value(match["kind"])

        return _VALUE.sub(value, template)

    def embed(self, message: Message, lines: Sequence[str], language: str) -> Message:
        """Put other sentences before and behind a message, as in a longer one."""
        choice = self._choice
        before, behind = choice.choice(((1, 0), (0, 1), (1, 1), (2, 0), (0, 2)))
        gap = choice.choice(_GAPS)
        text, shift = message.text, 0
        for _ in range(before):
            head = self._sentence(lines, language) + gap
            text, shift = head + text, shift + len(head)
        for _ in range(behind):
            text += gap + self._sentence(lines, language)
        return Message(text, tuple((start + shift, end + shift) for start, end in message.names))

    def _sentence(self, lines: Sequence[str], language: str) -> str:
        return self.style(self.values(self._choice.choice(lines), language))

    def _place(self, kind: str, language: str, case: str | None) -> str:
        """Draw a place, in a case when the language is Finnish."""
        choice = self._choice
        if kind == "city" or choice.random() < 0.2:
            place, source = choice.choice(self._places), None
        else:
            place, *forms = choice.choice(self._countries[language]).split("\t")
            source = forms[0] if forms else None
        if not case or language != "fi" or not place[-1].isalpha():
            return place
        if source and case in ("ela", "ine", "ill"):  # Nepalista, Nepalissa; Venäjältä, Venäjällä, Venäjälle
            stem, vowel = source[:-2], source[-1]
            if case != "ill":
                return source if case == "ela" else stem + stem[-1] + vowel
            if stem.endswith("l"):
                return stem + "le"
        return place if place.endswith("t") else inflect(place, case, finnish=True, choice=choice)

    def _word(self, language: str, case: str | None) -> str:
        """Draw an everyday word, in a case when it is a Finnish one."""
        word = self._choice.choice(self._words[language])
        return inflect(word, case, finnish=True, choice=self._choice) if case and language == "fi" else word

    def reword(self, text: str, words: Sequence[str]) -> str:
        """Put a random word of the language in the place of one or two words of a message."""
        parts = text.split(" ")
        for _ in range(self._choice.choice((1, 1, 2))):
            place = self._choice.randrange(len(parts))
            if parts[place].isalpha() and parts[place].islower():
                parts[place] = self._choice.choice(words)
        return " ".join(parts)

    def style(self, text: str) -> str:
        """Write a message as people do, length for length: all in lower case, in capitals."""
        return _styled(text, self._choice.random(), self._choice)

    def _person(self) -> tuple[str, str, str]:
        choice = self._choice
        origin = choice.choices(self._origins, self._weights)[0]
        given = choice.choice(self._names.given[origin])
        family_origin = origin if choice.random() < 0.85 else choice.choices(self._origins, self._weights)[0]
        family = choice.choice(self._names.family[family_origin])
        if choice.random() < _SHARE_WORDS_AS_NAMES:
            given = choice.choice(self._word_names[0])
        if choice.random() < _SHARE_WORDS_AS_NAMES:
            family = choice.choice(self._word_names[1])
        draw = choice.random()
        if draw < 0.06:
            given += ("-" if choice.random() < 0.5 else " ") + choice.choice(self._names.given[origin])
        elif draw < 0.10:
            family += ("-" if choice.random() < 0.7 else " ") + choice.choice(self._names.family[origin])
        return given, family, origin

    def _name(self, person: tuple[str, str, str], kind: str, case: str | None) -> str:
        choice = self._choice
        given, family, origin = person
        if kind == "full":
            draw = choice.random()
            text = f"{given} {family}"
            if draw < 0.01:
                text = f"{given}\n{family}"
            elif draw < 0.06:
                text = f"{given[0]}. {family}"
            elif draw < 0.09:
                text = f"{given} {family[0]}."
            elif draw < 0.12:
                text = f"{given} {choice.choice('ABCEHJKLMNPRSTV')}. {family}"
        elif kind == "full_rev":
            text = f"{family} {given}"
        else:
            text = given if kind == "given" else family
        if choice.random() < 0.05:
            text = _mistyped(text, choice)
        if case and text[-1].isalpha():
            text = inflect(text, case, finnish=origin in ("finnish", "sami"), choice=choice)
        return text

    def _company(self) -> str:
        """Make a company's name with a family name in it: it is no person's name."""
        choice = self._choice
        family = choice.choice(self._names.family[choice.choices(self._origins, self._weights)[0]])
        other = choice.choice(self._names.family[choice.choices(self._origins, self._weights)[0]])
        return str(choice.choice(_VALUES["companies"])).format(family=family, other=other)

    def _value(self, kind: str) -> str:
        choice = self._choice
        digits = "".join(choice.choices("0123456789", k=8))
        if kind == "date":
            return f"{choice.randint(1, 28)}.{choice.randint(1, 12)}.{choice.randint(1950, 2026)}"
        if kind in ("number", "phone"):
            return (
                choice.choice(["040 " + digits[:7], "+358 50 " + digits[:7], digits])
                if kind == "phone"
                else digits[: choice.randint(1, 8)]
            )
        if kind == "company":
            return self._company()
        if kind == "code":
            return choice.choice(["[FI_PERSONAL_IDENTITY_CODE]", "[CASE_NUMBER]", "[CUSTOMER_NUMBER]", digits])
        if kind == "letters":
            return "".join(choice.choices("ABCDEFGHIJKLMNOPRSTUVXYZ", k=choice.randint(2, 5)))
        if kind == "email":
            return "[EMAIL_ADDRESS]"
        if kind == "street":
            return choice.choice(
                ["[STREET_ADDRESS]", f"Kuusitie {choice.randint(1, 90)}", f"Mannerheimintie {choice.randint(1, 90)} A"]
            )
        return digits[:3]


def _styled(text: str, way: float, choice: random.Random) -> str:
    """Change the case of a message, length for length."""
    if way < 0.38:
        changed = text.lower()
    elif way < 0.43:
        changed = text.upper()
    elif way < 0.47:
        changed = text[:1].upper() + text[1:].lower()
    elif way < 0.72:
        changed = text[:1].upper() + text[1:]
    else:
        changed = text
    return changed if len(changed) == len(text) else text


def _mistyped(text: str, choice: random.Random) -> str:
    place = choice.randrange(len(text))
    draw = choice.random()
    if draw < 0.4 and len(text) > 4:
        return text[:place] + text[place + 1 :] if text[place] != " " else text
    if draw < 0.8:
        return text[: place + 1] + text[place:] if text[place].isalpha() else text
    if place + 1 < len(text) and text[place].isalpha() and text[place + 1].isalpha():
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text
