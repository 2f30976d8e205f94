import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("call o five o one two three four five six seven", "call [PHONE_NUMBER]"),
        ("soita 040 123 4567", "soita [PHONE_NUMBER]"),
        ("040-1234567", "[PHONE_NUMBER]"),
        ("0401234567", "[PHONE_NUMBER]"),
        ("+358401234567", "[PHONE_NUMBER]"),
        ("+358 (0)40 123 4567", "[PHONE_NUMBER]"),
        ("(040) 123 4567", "[PHONE_NUMBER]"),
        ("358401234567", "[PHONE_NUMBER]"),
        ("00358 40 1234567", "[PHONE_NUMBER]"),
        ("09 826 2350", "[PHONE_NUMBER]"),
        ("+46 70 123 45 67", "[PHONE_NUMBER]"),
        ("+1 (212) 555-0187", "[PHONE_NUMBER]"),
        ("+7 903 219-69-81", "[PHONE_NUMBER]"),
        ("00371 26749943", "[PHONE_NUMBER]"),
        ("040.123.4567", "[PHONE_NUMBER]"),
        ("040/1234567", "[PHONE_NUMBER]"),
        ("puh. 1234567", "puh. [PHONE_NUMBER]"),
        ("call me at 212 555 0187", "call me at [PHONE_NUMBER]"),
        ("0 4 0 1 2 3 4 5 6 7", "[PHONE_NUMBER]"),
        ("\uff10\uff14\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17", "[PHONE_NUMBER]"),
        ("\u0660\u0664\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667", "[PHONE_NUMBER]"),
        (
            "\U0001d7ce\U0001d7d2\U0001d7ce\U0001d7cf\U0001d7d0\U0001d7d1\U0001d7d2\U0001d7d3\U0001d7d4\U0001d7d5",
            "[PHONE_NUMBER]",
        ),
        ("040\u200b1234567", "[PHONE_NUMBER]"),
        ("O40 1234567", "[PHONE_NUMBER]"),
        ("O4O 1234567", "[PHONE_NUMBER]"),
        ("040\xa0123\xa04567", "[PHONE_NUMBER]"),
        ("puh040 1234567", "puh[PHONE_NUMBER]"),
        ("040 123\n4567", "[PHONE_NUMBER]"),
        ("plus three five eight ( zero ) four zero one six two two six two five", "[PHONE_NUMBER]"),
        ("numeroni on nolla neljä nolla yksi kaksi kolme neljä viisi kuusi seitsemän", "numeroni on [PHONE_NUMBER]"),
        ("040*123*4567", "[LONG_NUMBER]"),
        ("plus 358 40 123 4567", "[PHONE_NUMBER]"),
        ("call plus 46 70 123 45 67 please", "call [PHONE_NUMBER] please"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "0295 419 600",
        "0295419600",
        "+358 295 419 600",
        "029 541 9600",
        "(029) 541 9600",
        "0295 5200",
        "0295 5206",
        "0295 527 018",
        "0295 430 431",
        "0800 1 4600",
        "020 634 0200",
        "0200 71000",
        "112",
        "116 117",
        "klo 08.00-16.00",
        "01-03 viikkoa",
        "ilta 20.00 - 06.00",
        "anna puhelinnumero",
        "soittakaa 5 minuutin päästä",
        "+ 5 euroa",
        "00100 Helsinki",
        "plus 20 000 000 euroa",
        "virhe 7, kenttä 04 000 000",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text


def test_authority_number_stays_beside_a_private_one() -> None:
    assert anonymise("0295 419 600 vai 040 123 4567?").text == "0295 419 600 vai [PHONE_NUMBER]?"


def test_only_the_score_depends_on_the_numbering_plan() -> None:
    assert anonymise("+358401234567").spans[0].score > anonymise("+3584012345678901").spans[0].score
