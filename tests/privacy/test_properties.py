"""What holds for every text."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from components.privacy import anonymise
from components.privacy.engine import Engine
from components.privacy.entities import placeholder
from components.privacy.normalise import normalise
from components.privacy.recognisers import PATTERNS


def examples(count: int) -> settings:
    """Settings for so many examples, the same ones in every run, without a bound of time for each."""
    return settings(max_examples=count, deadline=None, derandomize=True, database=None)


PIECES = st.sampled_from(
    [
        "131052-308T", "040 123 4567", "+358", "matti@live.fi", "FI2112345600000785", "1.9.1980", "synt. ",
        "hetu ", "my name is ",
        "Matti Virtanen", "olen ", "Kuusitie 3", " A 4", "4111 1111 1111 1111", "[PERSON]", "[PHONE_NUMBER]",
        "[", "]", "85.12.3.4",
        "asiakas ", "passi ", "kortti ", "auto ", "ABC-123", "1234/567/2026", " ät ", " piste ", "at", "12",
        "345", "6", "7890", "-", " ",
        "/", ".", "\n", "euroa", "€", "nimike ", "6402 17 90 90", "0295 419 600", "1572860-0", "www.",
        "migri.fi", "/x", "\u200b", "０",
        "kaksi kolme neljä ", "regards, ", "t. ", "a", "Ä", "toukokuuta ", "May ", "2001", "viite ", "@",
    ]
)  # fmt: skip
JUMBLES = st.lists(PIECES, max_size=14).map("".join)
ANY_TEXT = st.text(st.characters(), max_size=60)  # lone surrogates and NUL included


@examples(600)
@given(ANY_TEXT)
def test_any_text_is_taken_and_settles(text: str) -> None:
    masked = anonymise(text).text
    assert anonymise(masked).text == masked


@examples(1500)
@given(JUMBLES)
def test_masking_twice_is_masking_once(text: str) -> None:
    masked = anonymise(text).text
    assert anonymise(masked).text == masked


@examples(600)
@given(st.one_of(JUMBLES, ANY_TEXT))
def test_spans_lie_apart_in_order_and_give_the_text(text: str) -> None:
    found = anonymise(text)
    parts, position = [], 0
    for span in found.spans:
        assert position <= span.start < span.end <= len(text)
        assert 0 < span.score <= 1
        parts += [text[position : span.start], placeholder(span.label)]
        position = span.end
    assert "".join([*parts, text[position:]]) == found.text


@examples(300)
@given(ANY_TEXT)
def test_the_normal_form_leads_back(text: str) -> None:
    normal = normalise(text)
    for index in range(len(normal.text)):
        start, end = normal.original(index, index + 1)
        assert 0 <= start < end <= len(text)


ENGINE = Engine(PATTERNS)
WORDS = st.sampled_from(
    (
        "my name is matti nimeni on olen Aino Virtanen t. terveisin regards, at ät piste dot fi com (at) [ät] live "
        "gmail one two three four five six seven eight nine zero nolla yksi kaksi kolme neljä viisi kuusi seitsemän "
        "kahdeksan yhdeksän Kuusitie Pihlajapolku rinne neljässätoista forty fourteen www. .fi / tunnus matti_a login "
        "user born synt ninth of May toukokuuta eighty plus dash viiva - . , co.uk matti.virtanen signed by "
        "https://a.b/ c.dd/e first second"
    ).split()
)


@examples(1500)
@given(st.lists(st.tuples(WORDS, st.sampled_from([" ", "", "\n"])).map("".join), max_size=12).map("".join))
def test_shortcut_for_plain_texts_misses_nothing(text: str) -> None:
    if ENGINE.cues_of(text) is None:
        assert ENGINE.look(text, None)[0] == []


FULL_WIDTH = {i: i + 0xFEE0 for i in range(0x21, 0x7F)}
ARABIC = {0x30 + i: 0x660 + i for i in range(10)}
MATHEMATICAL = {0x30 + i: 0x1D7CE + i for i in range(10)}
DISGUISES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "lower case": str.lower,
    "full width": lambda s: s.translate(FULL_WIDTH),
    "Arabic-Indic digits": lambda s: s.translate(ARABIC),
    "mathematical digits": lambda s: s.translate(MATHEMATICAL),
    "zero-width spaces": "\u200b".join,
    "soft hyphen": lambda s: s[:3] + "\xad" + s[3:],
    "tag characters": lambda s: s[:4] + "\U000e0041" + s[4:],
    "bidi controls": lambda s: "\u202d" + s + "\u202c",
    "other dash": lambda s: s.replace("-", "\u2011"),
}
disguised = pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES.keys())
AROUND = st.sampled_from(
    [("", ""), ("hei, ", " kiitos"), ("(", ")"), ("koodi:", "."), ("\n", "\n"), ("on ", ", ja"), ('"', '"')]
)


@st.composite
def identity_codes(draw: st.DrawFn) -> str:
    day, month, year = draw(st.integers(1, 28)), draw(st.integers(1, 12)), draw(st.integers(0, 99))
    number = draw(st.integers(900, 999))
    digits = f"{day:02}{month:02}{year:02}{number}"
    return (
        digits[:6]
        + draw(st.sampled_from("+-ABCDEFUVWXY"))
        + digits[6:]
        + "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(digits) % 31]
    )


@st.composite
def account_numbers(draw: st.DrawFn) -> str:
    country, length = draw(st.sampled_from([("FI", 14), ("SE", 20), ("EE", 16), ("DE", 18)]))
    body = draw(st.text("0123456789", min_size=length, max_size=length))
    value = int(body + "".join(str(ord(c) - 55) for c in country) + "00")
    return f"{country}{98 - value % 97:02}{body}"


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    body = draw(st.sampled_from("3456")) + draw(st.text("0123456789", min_size=14, max_size=14))
    return body + str(luhn.calc_check_digit(body))


@st.composite
def mail_addresses(draw: st.DrawFn) -> str:
    local = draw(st.from_regex(r"[a-z]{2,10}([._-][a-z]{2,10})?[0-9]{0,3}", fullmatch=True))
    host = draw(st.from_regex(r"[a-z]{3,10}", fullmatch=True))
    return f"{local}@{host}.{draw(st.sampled_from(['fi', 'com', 'net', 'co.uk']))}"


@st.composite
def mobile_numbers(draw: st.DrawFn) -> str:
    rest = draw(st.text("0123456789", min_size=7, max_size=7))
    start = draw(st.sampled_from(["040", "041", "044", "045", "046", "050", "+358 40", "+358 50"]))
    return start + draw(
        st.sampled_from(
            [f"{rest}", f" {rest}", f"-{rest}", f" {rest[:3]} {rest[3:]}", f" {rest[:2]} {rest[2:4]} {rest[4:]}"]
        )
    )


def _survives(value: str, masked: str) -> bool:
    """Whether four characters of the value in a row are left in a masked text, whatever they are dressed in."""
    left = re.sub(r"\[[A-Z_]+\]|\ue000", "\n", normalise(masked).text.lower())
    bare = re.sub(r"[^a-z0-9]", "", value.lower())
    left = re.sub(r"[^a-z0-9\n]", "", left)
    return any(bare[i : i + 4] in left for i in range(len(bare) - 3))


@disguised
@examples(150)
@given(value=identity_codes(), around=AROUND)
def test_identity_code_in_disguise(disguise: Callable[[str], str], value: str, around: tuple[str, str]) -> None:
    assert not _survives(value, anonymise(around[0] + disguise(value) + around[1]).text)


@disguised
@examples(100)
@given(value=account_numbers(), around=AROUND, grouped=st.booleans())
def test_account_number_in_disguise(
    disguise: Callable[[str], str], value: str, around: tuple[str, str], grouped: bool
) -> None:
    typed = " ".join(value[i : i + 4] for i in range(0, len(value), 4)) if grouped else value
    assert not _survives(value, anonymise(around[0] + disguise(typed) + around[1]).text)


@disguised
@examples(100)
@given(value=card_numbers(), around=AROUND, gap=st.sampled_from(["", " ", "-", "."]))
def test_card_number_in_disguise(disguise: Callable[[str], str], value: str, around: tuple[str, str], gap: str) -> None:
    typed = gap.join(value[i : i + 4] for i in range(0, 16, 4))
    assert not _survives(value, anonymise(around[0] + disguise(typed) + around[1]).text)


@disguised
@examples(100)
@given(value=mobile_numbers(), around=AROUND)
def test_mobile_number_in_disguise(disguise: Callable[[str], str], value: str, around: tuple[str, str]) -> None:
    assert not _survives(value, anonymise(around[0] + disguise(value) + around[1]).text)


MAIL_SIGNS = [
    ("@", "."),
    (" @ ", "."),
    ("(at)", "."),
    ("[at]", "[dot]"),
    (" ät ", " piste "),
    (" at ", " dot "),
    ("&#64;", "."),
]


@pytest.mark.parametrize(("at", "dot"), MAIL_SIGNS)
@examples(60)
@given(value=mail_addresses())
def test_mail_address_with_another_sign(at: str, dot: str, value: str) -> None:
    typed = value.replace("@", at)
    local, _, domain = typed.partition(at)
    assert not _survives(value, anonymise("osoite: " + local + at + domain.replace(".", dot)).text)


@disguised
@examples(60)
@given(value=mail_addresses(), around=AROUND)
def test_mail_address_in_disguise(disguise: Callable[[str], str], value: str, around: tuple[str, str]) -> None:
    assert not _survives(value, anonymise(around[0] + disguise(value) + around[1]).text)


@examples(200)
@given(st.integers(0, 31), st.integers(0, 12), st.integers(1900, 2030), st.sampled_from("./-"))
def test_full_date_in_digits(day: int, month: int, year: int, sign: str) -> None:
    assert str(year) not in anonymise(f"on {day:02}{sign}{month:02}{sign}{year} ok").text


@examples(200)
@given(st.text("0123456789", min_size=6, max_size=16))
def test_long_number(digits: str) -> None:
    assert digits not in anonymise(f"luki {digits} kirjeessä").text
