"""Numbers that an answer gives in one language only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from components.content.catalogue import CatalogueEntry
from components.content.schema import LANGUAGES
from luotsi.content_checks.remarks import Remark, remark

CHECK = "numbers"

_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "*": ""})
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_ADDRESS = re.compile(r"https?://\S+")
_DASH = r"\s?[–-]\s?"
_MONTHS = {
    name: number
    for names in (
        "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
        "january february march april may june july august september october november december",
        "jan feb mar apr may jun jul aug sep oct nov dec",
    )
    for number, name in enumerate(names.split(), start=1)
}
_FINNISH_MONTH = r"(?P<month>tammi|helmi|maalis|huhti|touko|kesä|heinä|elo|syys|loka|marras|joulu)kuu\w*"
_ENGLISH_MONTH = (
    r"(?P<month>january|february|march|april|(?-i:May)|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec)\b\.?"
)
_YEAR = r"(?:,?\s(?P<year>(?:19|20)\d\d)\b)?"
_ORDINAL = r"(?:st|nd|rd|th)?"
_CLOCK = r"(?:[01]?\d|2[0-3])[.:][0-5]\d"
_HOUR = r"\d{1,2}(?:[.:][0-5]\d)?"

Reading = Callable[[re.Match[str]], Iterator[str]]


def _dates(found: re.Match[str]) -> Iterator[str]:
    month = found["month"].casefold()
    for day in (found.groupdict().get("first"), found["day"]):
        if day:
            yield f"{int(day)}.{_MONTHS.get(month) or int(month)}."
    if found["year"]:
        yield found["year"]


def _clock_times(found: re.Match[str]) -> Iterator[str]:
    for time in re.findall(_HOUR, found[0]):
        yield _clock(*re.split("[.:]", time))


def _halved_times(found: re.Match[str]) -> Iterator[str]:
    # In "9–4 pm" the first time is of the morning, in "1–4 pm" it is not.
    last, last_half = found["last"], found["half"][0].casefold()
    first, first_half = found["first"], (found["first_half"] or found["half"])[0].casefold()
    if first is not None:
        backwards = (
            not found["first_half"] and int(re.split("[.:]", first)[0]) % 12 > int(re.split("[.:]", last)[0]) % 12
        )
        yield _clock(*re.split("[.:]", first), half="a" if backwards else first_half)
    yield _clock(*re.split("[.:]", last), half=last_half)


def _clock(hour: str, minute: str = "00", *, half: str = "") -> str:
    hours = int(hour) % 12 + (12 if half == "p" else 0) if half else int(hour)
    return str(hours) if minute == "00" else f"{hours}.{minute}"


def _year_alone(found: re.Match[str]) -> Iterator[str]:
    yield found["year"]


# In this order, each taken out of the text when it is read: "1.7.2026" is a date and not three numbers.
_READINGS: dict[str, list[tuple[str, Reading]]] = {
    "fi": [
        (rf"(?:(?P<first>\d{{1,2}})\.{_DASH})?(?P<day>\d{{1,2}})\.\s?{_FINNISH_MONTH}{_YEAR}", _dates),
        (
            rf"(?:(?P<first>\d{{1,2}})\.{_DASH})?(?P<day>\d{{1,2}})\.\s?(?P<month>0?[1-9]|1[0-2])\.(?!\d{{1,3}}\b)"
            r"(?:\s?(?P<year>(?:19|20)\d\d)\b)?",
            _dates,
        ),
        (r"(?:0?[1-9]|1[0-2])/(?P<year>20\d\d)\b", _year_alone),
        (
            rf"(?:klo|kello)\s{_HOUR}(?:{_DASH}{_HOUR})?(?!\d|,\d)|{_CLOCK}{_DASH}{_HOUR}|{_HOUR}{_DASH}{_CLOCK}",
            _clock_times,
        ),
    ],
    "en": [
        (
            rf"(?:(?P<first>\d{{1,2}}){_ORDINAL}(?:{_DASH}|\s(?:to|and|until)\s))?(?P<day>\d{{1,2}}){_ORDINAL}"
            rf"(?:\sof)?\s{_ENGLISH_MONTH}{_YEAR}",
            _dates,
        ),
        (rf"{_ENGLISH_MONTH}\s(?:the\s)?(?P<day>\d{{1,2}}){_ORDINAL}\b(?![.,]\d){_YEAR}", _dates),
        (
            rf"(?:(?P<first>{_HOUR})\s?(?P<first_half>[ap]\.?m\.?)?(?:{_DASH}|\s(?:to|until)\s))?"
            rf"(?P<last>{_HOUR})\s?(?P<half>[ap]\.?m\b\.?)",
            _halved_times,
        ),
        (rf"\d{{1,2}}:[0-5]\d(?!\d)|{_CLOCK}{_DASH}{_HOUR}|{_HOUR}{_DASH}{_CLOCK}", _clock_times),
    ],
}
_ISO = (r"(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b", _dates)
_NUMBER = {
    "fi": r"\d{1,3}(?: \d{3})+(?!\d)(?:,\d+)?|\d+(?:[.,]\d+)?",
    "en": r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d{1,3}(?: \d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?",
}
# A digit after a letter belongs to a name: B1, T2L, EUR.1.
_START = r"(?<![\w.,])"

_FINNISH_WORDS = {
    "0.5": "puol(?:i|en|ta|essa|esta|een)",
    "1": "yksi|yhden|yhtä|yhde(?:ssä|stä|ltä|llä|lle|ksi)|yhteen|kerran|ensimmäi\\w+",
    "1.5": "puolitoista|puolentoista|puoltatoista",
    "2": "kaksi|kahden|kahta|kahde(?:ssa|sta|lta|lla|lle|ksi)|kahteen|kahdesti|toi(?:nen|sen|sta)|molem\\w+",
    "3": "kol(?:me|men|mea|messa|mesta|meen|melta|mella|melle|meksi)|kolmas|kolman\\w+",
    "4": "nelj(?:ä|än|ää|ässä|ästä|ään|ältä|ällä|älle|äksi)|neljäs|neljän\\w+",
    "5": "viisi|viiden|viittä|viide(?:ssä|stä|ltä|llä|lle|ksi)|viiteen|viides|viiden\\w+",
    "6": "kuusi|kuuden|kuutta|kuude(?:ssa|sta|lta|lla|lle|ksi)|kuuteen|kuudes|kuuden\\w+",
    "7": "seitsem(?:än|ää|ässä|ästä|ään|ältä|ällä|älle|äksi)|seitsemä(?:s|n\\w+)",
    "8": "kahdeks(?:an|aa|assa|asta|aan|alta|alla|alle|aksi)|kahdeksa(?:s|n\\w+)",
    "9": "yhdeks(?:än|ää|ässä|ästä|ään|ältä|ällä|älle|äksi)|yhdeksä(?:s|n\\w+)",
    "10": "kymmen(?:en|tä|essä|estä|een|eltä|ellä|elle|eksi)|kymmenes|kymmenen\\w+",
    "11": "yksitoista|yhdentoista|yhtätoista|yhde(?:ssä|stä)toista|yhteentoista",
    "12": "kaksitoista|kahdentoista|kahtatoista|kahde(?:ssa|sta)toista|kahteentoista",
    "100": "sata|sadan|sataa",
    "1000": "tuhat|tuhannen|tuhatta",
}
_ENGLISH_WORDS = {
    "0.5": "half",
    "1": "one|once|first|single|an?",
    "1.5": "one and a half",
    "2": "two|twice|second|both|couple",
    "3": "three|third",
    "4": "four|fourth",
    "5": "five|fifth",
    "6": "six|sixth",
    "7": "seven|seventh",
    "8": "eight|eighth",
    "9": "nine|ninth",
    "10": "ten|tenth",
    "11": "eleven|eleventh",
    "12": "twelve|twelfth|dozen",
    "100": "hundred",
    "1000": "thousand",
}
# "kolmivuotinen", "kaksinkertainen", "six-month": a number may begin a compound.
_WORDS = {
    "fi": {number: re.compile(rf"\b(?:{words})(?:\b|-)", re.I) for number, words in _FINNISH_WORDS.items()},
    "en": {number: re.compile(rf"\b(?:{words})\b", re.I) for number, words in _ENGLISH_WORDS.items()},
}
_COMPOUNDS = re.compile(
    r"\b(yksi|kaksi|kolmi|neli|viisi|kuusi|seitsen|kahdeksan|yhdeksän|kymmen)"
    r"(?:n?kertai|vuoti|vuotia|kuukauti|viikkoi|päiväi|osai)\w+",
    re.IGNORECASE,
)
_COMPOUND_NUMBERS = {
    name: str(number)
    for number, name in enumerate(
        ("yksi", "kaksi", "kolmi", "neli", "viisi", "kuusi", "seitsen", "kahdeksan", "yhdeksän", "kymmen"), start=1
    )
}


def check_numbers(entries: Iterable[CatalogueEntry]) -> Iterator[Remark]:
    """Yield the answers and plain answers that lack numbers of their other language, or plain ones with own numbers."""
    for entry in entries:
        for field, text in (("answer", entry.answer), ("plain", entry.plain)):
            finnish, english = text("fi"), text("en")
            if finnish is None or english is None:
                continue
            for language, lacking in (
                ("en", missing(finnish, "fi", english, "en")),
                ("fi", missing(english, "en", finnish, "fi")),
            ):
                if lacking:
                    yield remark(CHECK, f"{field}_{language}", entry, field, language, numbers=", ".join(lacking))
        for language in LANGUAGES:
            plain = entry.plain(language)
            unknown = missing(plain, language, entry.answer(language), language) if plain is not None else []
            if unknown:
                yield remark(CHECK, f"plain_only_{language}", entry, "plain", language, numbers=", ".join(unknown))


def missing(text: str, language: str, other_text: str, other_language: str) -> list[str]:
    """Return the numbers of a text that another one says neither in digits nor in a word, in order."""
    said = numbers(other_text, other_language) | number_words(other_text, other_language)
    return [number for number in dict.fromkeys(_read(text, language)) if number not in said]


def numbers(text: str, language: str) -> set[str]:
    """Return the numbers that stand in digits in a piece of Markdown, alike for both languages.

    "1 000" and "1,000" are "1000", "25,5" and "25.5" are "25.5"; "1.7.2026" and "1 July 2026" are "1.7." and "2026";
    "9.00–16.15" and "9 am–4.15 pm" are "9" and "16.15". Addresses of links do not count.
    """
    return set(_read(text, language))


def number_words(text: str, language: str) -> set[str]:
    """Return the numbers that are written in words."""
    shown = _shown(text)
    found = {number for number, words in _WORDS[language].items() if words.search(shown)}
    if language == "fi":
        found |= {_COMPOUND_NUMBERS[match[1].casefold()] for match in _COMPOUNDS.finditer(shown)}
    return found


def _shown(text: str) -> str:
    return _ADDRESS.sub(" ", _LINK.sub(r"\1", text)).translate(_SPACES)


def _read(text: str, language: str) -> Iterator[str]:
    rest = _shown(text)
    found: list[tuple[int, str]] = []
    for expression, reading in [_ISO, *_READINGS[language]]:
        for match in re.finditer(_START + f"(?:{expression})", rest, re.IGNORECASE):
            found += [(match.start(), number) for number in reading(match)]
            rest = rest[: match.start()] + "|" * len(match[0]) + rest[match.end() :]
    for match in re.finditer(_START + f"(?:{_NUMBER[language]})", rest):
        found.append((match.start(), _plain_number(match[0], language)))
    yield from (number for _, number in sorted(found, key=lambda item: item[0]))


def _plain_number(written: str, language: str) -> str:
    bare = written.replace(" ", "")
    # A point in a Finnish number is a decimal point, too: nobody separates thousands by it.
    bare = bare.replace(",", "") if language == "en" else bare.replace(",", ".")
    if bare.isdigit():  # a telephone number keeps its zeros
        return bare
    return f"{Decimal(bare).normalize():f}"
