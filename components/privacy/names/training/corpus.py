"""Messages to learn from: templates filled with names, and messages without any."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import wordfreq
import yaml

from components.privacy.names.lexicon import DATA, lexicon
from components.privacy.names.training.inflect import inflect

ROOT = Path(__file__).resolve().parents[4]
_VALUES: dict[str, Any] = yaml.safe_load((DATA / "training" / "values.yml").read_text(encoding="utf-8"))
_SLOT = re.compile(r"\{(?P<kind>given|family|full|full_rev)(?P<number>[0-9]?)(?::(?P<case>[a-z]+))?\}")
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

    The second value tells whether the lists of names should be hidden for this message's names, so that the tagger
    learns to see a name that no list holds.
    """
    choice = random.Random(seed)  # noqa: S311 (variety, not secrets)
    maker = _Maker(names, choice)
    for language in ("fi", "en"):
        templates = [
            line for part in ("", "_greetings") for line in _lines(DATA / "training" / f"{language}{part}.txt")
        ]
        for template in templates:
            for _ in range(copies):
                yield maker.fill(template, language), choice.random() < 0.25
        other_words = dictionary_words(language)
        lines = [*harmless(language), *_lines(DATA / "training" / f"{language}_companies.txt") * 12]
        for line in lines:
            for copy in range(plain_copies):
                text = maker.values(line)
                if copy and choice.random() < 0.6:
                    text = maker.reword(text, other_words)
                yield Message(maker.style(text) if copy else text, ()), False


def harmless(language: str) -> list[str]:
    """Return the messages without a person's name, the examples of the published topics among them."""
    found = []
    for kind in ("harmless", "everyday", "world", "technical", "sounds"):
        found += _lines(DATA / "training" / f"{language}_{kind}.txt")
    for path in sorted((ROOT / "data" / "faq").rglob("*.yml")):
        for topic in yaml.safe_load(path.read_text(encoding="utf-8"))["topics"]:
            found += topic["examples"][language]
            found += [line for line in _sentences(str(topic["answer"][language]))]
    for path in sorted((ROOT / "data" / "nlu" / language).glob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            found += [line[2:].strip() for line in block["examples"].splitlines() if line.startswith("- ")]
    return found


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
        self._weights = [_VALUES["origin_weights"].get(origin, 2) for origin in self._origins]

    def fill(self, template: str, language: str) -> Message:
        """Fill a template: other values first, then names, whose places are noted."""
        choice = self._choice
        people: dict[str, tuple[str, str, str]] = {}
        template = self.values(template)
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

    def values(self, template: str) -> str:
        """Fill the placeholders that are no names."""

        def value(match: re.Match[str]) -> str:
            return match.group() if _SLOT.fullmatch(match.group()) else self._value(match["kind"])

        return _VALUE.sub(value, template)

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
        if kind == "email":
            return "[EMAIL_ADDRESS]"
        if kind == "street":
            return choice.choice(
                ["[STREET_ADDRESS]", f"Kuusitie {choice.randint(1, 90)}", f"Mannerheimintie {choice.randint(1, 90)} A"]
            )
        if kind in ("city", "country"):
            return choice.choice(self._places)
        return digits[:3]


def _styled(text: str, way: float, choice: random.Random) -> str:
    """Change the case of a message, length for length."""
    if way < 0.38:
        changed = text.lower()
    elif way < 0.43:
        changed = text.upper()
    elif way < 0.47:
        changed = text[:1].upper() + text[1:].lower()
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
