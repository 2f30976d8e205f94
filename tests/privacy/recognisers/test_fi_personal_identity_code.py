import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("120385 viiva 901X", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("hetu 131052-308T", "hetu [FI_PERSONAL_IDENTITY_CODE]"),
        ("131052-308t", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("131052/308T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("020594 X903P", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("131052 308T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("131052308T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("131052--308T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("131052 - 308T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("131052\u2013308T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("131052\u2212308T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("131052-308X", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("131052-308", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("131052A308", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("13.10.52-308T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("131052_308T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("131052-\n308T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("131052\n-308T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("1 3 1 0 5 2 - 3 0 8 T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("1 3 1 0 5 2 A 3 0 8 T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("13 10 52 30 8T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("\uff11\uff13\uff11\uff10\uff15\uff12\uff0d\uff13\uff10\uff18\uff34", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("131052\u200b-308T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("13\xad1052-308T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("1310O2-308T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("131052-3O8T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("MattiVirtanen131052-308T", "[NAME][FI_PERSONAL_IDENTITY_CODE]"),
        (
            "tunnukset 010190-900A, 020290A900B ja 030390+900C",
            "tunnukset [FI_PERSONAL_IDENTITY_CODE], [FI_PERSONAL_IDENTITY_CODE] ja [FI_PERSONAL_IDENTITY_CODE]",
        ),
        ("hetun loppuosa on 308T", "hetun loppuosa on [FI_PERSONAL_IDENTITY_CODE]"),
        ("hetuni loppu -308T", "hetuni loppu [FI_PERSONAL_IDENTITY_CODE]"),
        ("my identity code ends with -308T", "my identity code ends with [FI_PERSONAL_IDENTITY_CODE]"),
        ("the code ends in 3081", "the code ends in [FI_PERSONAL_IDENTITY_CODE]"),
        ("hetu 131052 ja loppuosa -308T", "hetu [FI_PERSONAL_IDENTITY_CODE] ja loppuosa [FI_PERSONAL_IDENTITY_CODE]"),
        (
            "my personal identity code is two five zero three nine three dash nine four seven three",
            "my personal identity code is [FI_PERSONAL_IDENTITY_CODE]",
        ),
        ("the code is 131 052 minus 9989", "the code is [FI_PERSONAL_IDENTITY_CODE]"),
        ("131052 viiva 3 0 8 T ok", "[FI_PERSONAL_IDENTITY_CODE] ok"),
        ("1 31052 miinus 308T", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("13.1O.52W9425", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("O1.1O.52-942X", "[FI_PERSONAL_IDENTITY_CODE]"),
        ("last part 9461 and the rest you know", "last part [FI_PERSONAL_IDENTITY_CODE] and the rest you know"),
        ("it ends with 946K", "it ends with [FI_PERSONAL_IDENTITY_CODE]"),
        ("viimeiset neljä 9461", "viimeiset neljä [FI_PERSONAL_IDENTITY_CODE]"),
        ("first 131052 then -308T", "first [FI_PERSONAL_IDENTITY_CODE] then [FI_PERSONAL_IDENTITY_CODE]"),
        (
            "alku on 131052, loppu taas 308T",
            "alku on [FI_PERSONAL_IDENTITY_CODE], loppu taas [FI_PERSONAL_IDENTITY_CODE]",
        ),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "kenelle henkilötunnus annetaan?",
        "where do I get a Finnish personal identity code",
        "hetu puuttuu kortista",
        "hetun loppuosa vuonna 2024?",
        "malli -308 ei toimi",
        "sivu 308T",
        "lomake 131",
        "the last part of 2024 was hard",
        "the permit ends in 2026",
        "maksu ends with 200e",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text


@pytest.mark.parametrize("sign", list("+-ABCDEFUVWXYabcdefuvwxy"))
def test_masks_every_century_sign(sign: str) -> None:
    assert anonymise(f"hetu 131052{sign}908T, kiitos").text == "hetu [FI_PERSONAL_IDENTITY_CODE], kiitos"


def test_check_character_only_raises_the_score() -> None:
    right, wrong = anonymise("131052-308T").spans[0], anonymise("131052-308U").spans[0]
    assert right.label == wrong.label == "FI_PERSONAL_IDENTITY_CODE"
    assert right.score > wrong.score
