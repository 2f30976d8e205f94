"""Messages made from arbitrary bytes: any text, with made-up personal data (canaries) hidden in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from stdnum import luhn

_LETTERS = "abcdefghijklmnoprstuvy"
_PLATE_LETTERS = "BFGHJKLZ"  # make no word and no unit, so that a plate is one by its shape alone
_DIGITS = "0123456789"


class Canary(NamedTuple):
    """Where made-up personal data stands in a text, and of which kind it is (a label of the anonymiser)."""

    start: int
    end: int
    kind: str


class Message(NamedTuple):
    """A text and the personal data hidden in it."""

    text: str
    canaries: tuple[Canary, ...]


class Source:
    """Choices taken from bytes, one after another; when they run out, always the first choice."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    @property
    def left(self) -> int:
        """The number of bytes that are left."""
        return len(self._data) - self._position

    def below(self, bound: int) -> int:
        """Return a number in 0..bound-1; `bound` is at most 65,536."""
        size = 1 if bound <= 256 else 2
        value = int.from_bytes(self.take(size), "big")
        return value % bound

    def one_of(self, choices: tuple[str, ...] | str) -> str:
        """Return one of some choices."""
        return choices[self.below(len(choices))]

    def text(self, alphabet: str, length: int) -> str:
        """Return a text of letters of an alphabet."""
        return "".join(self.one_of(alphabet) for _ in range(length))

    def take(self, size: int) -> bytes:
        """Return the next bytes, fewer at the end."""
        taken = self._data[self._position : self._position + size]
        self._position += len(taken)
        return taken


def _identity_code(source: Source) -> str:
    date = f"{1 + source.below(28):02}{1 + source.below(12):02}{source.below(100):02}"
    number = f"{900 + source.below(100)}"
    check = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(date + number) % 31]
    return date + source.one_of("-+ABCDEFUVWXY") + number + check


def _iban(source: Source) -> str:
    body = source.text(_DIGITS, 14)
    value = f"FI{98 - int(body + '151800') % 97:02}{body}"
    gap = source.one_of(("", " ", "-"))
    return gap.join(value[i : i + 4] for i in range(0, len(value), 4))


def _card(source: Source) -> str:
    body = source.one_of("345") + source.text(_DIGITS, 14)
    value = body + str(luhn.calc_check_digit(body))
    return source.one_of(("", " ", "-")).join(value[i : i + 4] for i in range(0, 16, 4))


def _phone(source: Source) -> str:
    start = source.one_of(("040", "044", "045", "050", "+358 40", "+358 50", "00358 41"))
    rest = source.text(_DIGITS, 7)
    return start + source.one_of((rest, f" {rest}", f"-{rest}", f" {rest[:3]} {rest[3:]}", f" {rest[:2]} {rest[2:]}"))


def _mail(source: Source) -> str:
    local = source.text(_LETTERS, 4) + source.one_of(("", ".", "_", "-")) + source.text(_LETTERS, 3)
    sign, dot = source.one_of(("@|.", " @ |.", "(at)|.", " [at] |[dot]", " ät | piste ")).split("|")
    return f"{local}{sign}{source.text(_LETTERS, 5)}{dot}{source.one_of(('fi', 'com', 'net'))}"


def _date(source: Source) -> str:
    sign = source.one_of("./-")
    return f"{1 + source.below(31):02}{sign}{1 + source.below(12):02}{sign}{1930 + source.below(90)}"


def _ip_address(source: Source) -> str:
    return f"85.{source.below(256)}.{source.below(256)}.{1 + source.below(254)}"


def _case_number(source: Source) -> str:
    return f"{1000 + source.below(9000)}/{100 + source.below(900)}/20{10 + source.below(17)}"


def _street(source: Source) -> str:
    street = source.one_of(("Kuusitie", "Pihlajakatu", "Haavikkopolku", "Tuomirinne"))
    return f"{street} {1 + source.below(99)} {source.one_of('ABC')} {1 + source.below(60)}"


CANARIES: dict[str, Callable[[Source], str]] = {
    "FI_PERSONAL_IDENTITY_CODE": _identity_code,
    "EORI": lambda source: "FI" + _identity_code(source),
    "IBAN": _iban,
    "CREDIT_CARD": _card,
    "PHONE_NUMBER": _phone,
    "EMAIL_ADDRESS": _mail,
    "DATE_OF_BIRTH": _date,
    "IP_ADDRESS": _ip_address,
    "CASE_NUMBER": _case_number,
    "CUSTOMER_NUMBER": lambda source: f"{source.text('123456789', 6)}-{source.text(_LETTERS, 4)}",
    "PARCEL_TRACKING": lambda source: f"RR{source.text(_DIGITS, 9)}FI",
    "PASSPORT_NUMBER": lambda source: f"F{source.one_of('PDU')}{source.text(_DIGITS, 7)}",
    "RESIDENCE_PERMIT_CARD_NUMBER": lambda source: f"R{source.one_of('AP')}{source.text(_DIGITS, 7)}",
    "VEHICLE_REGISTRATION": lambda source: f"{source.text(_PLATE_LETTERS, 3)}-{source.text('123456789', 3)}",
    "URL": lambda source: f"https://www.instagram.com/{source.text(_LETTERS, 8)}",
    "USERNAME": lambda source: f"@{source.text(_LETTERS, 5)}_{source.text(_DIGITS, 2)}",
    "STREET_ADDRESS": _street,
    "LONG_NUMBER": lambda source: source.text("123456789", 7 + 2 * source.below(3)),
}
"""A maker of made-up values for each kind that has a shape; names of persons have none."""

# What people and programs do to a value without changing what it says.
_DISGUISES: tuple[Callable[[str], str], ...] = (
    str,
    lambda value: value.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}),
    lambda value: value.translate({0x30 + digit: 0x660 + digit for digit in range(10)}),
    "\u200b".join,
    lambda value: value[:4] + "\xad" + value[4:],
    lambda value: value.replace("-", "\u2011"),
    lambda value: f"\u202d{value}\u202c",
)

# Words that a canary stands between, so that what is around them does not run into the value.
_BEFORE = ("hei ", "\n", "no niin, ", " (", ' "', " sanoi: ")
_AFTER = (" kiitos", "\n", ", moi", ")", '"', ". Ja ")

_PIECES = (
    " ", "\n", ". ", ", ", "-", "/", ":", "@", "[", "]", "(", ")", "hetu ", "synt. ", "puh ", "soita ", "nimeni on ",
    "my name is ", "passi ", "kortti ", "tili ", "auto ", "asiakas ", "viite ", "koodi ", "nimike ", "katu ", "tie ",
    "street ", " at ", " dot ", " ät ", " piste ", "euroa ", "€ ", "kg ", "vuonna ", "2024 ", "1.1.", "klo 12.30 ",
    "0295 419 600", "migri.fi", "www.", "https://", "[PERSON]", "[NAME_1]", "[PHONE_NUMBER]", "yksi ", "kaksi ",
    "nine ", "may ", "toukokuuta ", "terveisin ", "Matti Virtanen ", "AB", "12", "345 ", "6402 17 90 90 ", "\u200b",
    "\u0301",
    "\ue000", "\ud800", "\x00", "Ä", "ß", "İ", "\ufdfa", "а", "١", "𝟏", "😀",
)  # fmt: skip


def make_message(data: bytes) -> Message:
    """Make the message that some bytes stand for."""
    source = Source(data)
    parts: list[str] = []
    canaries: list[Canary] = []
    length = 0
    while source.left:
        kind = source.below(8)
        if kind == 0:
            name = source.one_of(tuple(CANARIES))
            value = _DISGUISES[source.below(len(_DISGUISES))](CANARIES[name](source))
            before, after = source.one_of(_BEFORE), source.one_of(_AFTER)
            canaries.append(Canary(length + len(before), length + len(before) + len(value), name))
            part = before + value + after
        elif kind < 4:
            part = source.one_of(_PIECES)
        elif kind < 6:
            part = source.take(1 + source.below(12)).decode("latin-1")
        elif kind == 6:
            part = chr(source.below(0x10000)) + chr(0x10000 + source.below(0x10000))
        else:
            part = source.take(1 + source.below(24)).decode("utf-8", "surrogateescape")
        parts.append(part)
        length += len(part)
    return Message("".join(parts), tuple(canaries))


def as_json(message: Message) -> str:
    """Write a message as a line for tests/privacy/fuzz_corpus.jsonl."""
    return json.dumps({"text": message.text, "canaries": message.canaries})


if __name__ == "__main__":  # the messages of files that the fuzzer wrote
    for name in sys.argv[1:]:
        sys.stdout.write(as_json(make_message(Path(name).read_bytes())) + "\n")
