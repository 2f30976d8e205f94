import pytest

from components.privacy import allow, anonymise
from components.privacy.spans import OPAQUE


def test_hides_length_for_length() -> None:
    assert allow.hide("soita 0295 419 600 nyt") == "soita " + OPAQUE * 12 + " nyt"


@pytest.mark.parametrize(
    "text", ["soita 040 1234567", "hetu 020994-903P", "synt. 02.9.1980", "synt. 02-9-1980", "02944129", ""]
)
def test_hides_nothing_private(text: str) -> None:
    assert allow.hide(text) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("040 123 4567", "soita 040 123 4567"),
        ("040 123 4567", "soita 040-1234567"),
        ("info@luotsi.example", "kirjoita INFO@luotsi.example"),
        ("1.7.2026", "maksu 1.7.2026 alkaen"),
        ("https://news.example/1234567", "lue https://news.example/1234567"),
    ],
)
def test_known_public_stays(value: str, text: str) -> None:
    assert anonymise(text).text != text
    assert anonymise(text, known_public=frozenset({value})).text == text


def test_known_public_is_matched_whole() -> None:
    assert anonymise("12345678", known_public=frozenset({"123456"})).text == "[LONG_NUMBER]"


@pytest.mark.parametrize("values", [frozenset[str](), frozenset({""}), frozenset({" - "})])
def test_empty_known_public_changes_nothing(values: frozenset[str]) -> None:
    assert anonymise("123456", known_public=values).text == "[LONG_NUMBER]"


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://migri.fi/en/home", True),
        ("www.tulli.fi", True),
        ("https://sub.migri.fi/x?lang=fi", True),
        ("https://www.sttinfo.fi/tiedote/71723151", True),
        ("http://127.0.0.1:5005/x", True),
        ("https://migri.fi/x?id=5", False),
        ("https://migri.fi/x/1234567", False),
        ("https://migri.fi.matti.net", False),
        ("https://notmigri.fi", False),
        ("https://matti@migri.fi", False),
        ("http://85.12.3.4/x", False),
    ],
)
def test_public_pages(url: str, public: bool) -> None:
    assert allow.is_public_page(url) is public


@pytest.mark.parametrize("number", ["020 634 0200", "+358 20 634 0200", "0800 1 4600", "0600-12345", "0200 71000"])
def test_service_numbers(number: str) -> None:
    assert allow.is_service_number(number)


@pytest.mark.parametrize("number", ["0201234567", "040 123 4567", "09 123 4567", "0501234567"])
def test_private_numbers_are_no_service_numbers(number: str) -> None:
    assert not allow.is_service_number(number)


def test_every_list_names_its_source() -> None:
    for entry in allow._DATA.values():
        for item in entry if isinstance(entry, list) else [entry]:
            assert item["source"].startswith("https://")
            assert item["values"]


def test_amount_before_a_phone_number_hides_only_the_amount() -> None:
    assert anonymise("maksoin 1 200 euroa, 0401234567 e").text == "maksoin 1 200 euroa, [PHONE_NUMBER] e"
