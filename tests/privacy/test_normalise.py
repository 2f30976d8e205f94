import pytest

from components.privacy.normalise import normalise
from components.privacy.spans import OPAQUE


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("plain text 1", "plain text 1"),
        ("äöå ÄÖÅ é €", "äöå ÄÖÅ é €"),
        ("０４０", "040"),
        ("٠٤٠", "040"),
        ("०४०", "040"),
        ("𝟎𝟒𝟎", "040"),
        ("①②", "12"),
        ("m²", "m2"),
        ("ｍａｔｔｉ＠ｌｉｖｅ．ｆｉ", "matti@live.fi"),
        ("1\u200b2\u200c3\u200d4\ufeff5\u00ad6", "123456"),
        ("1\U000e00312", "12"),
        ("\u202e12\u202c", "12"),
        ("1\x002", "12"),
        ("1\ue0002", "12"),
        ("1\u034f2", "12"),
        ("4\ufe0f\u20e32\ufe0f\u20e3", "42"),
        ("a\u0308", "ä"),
        ("1\u03362", "12"),
        ("1\u20132\u20143\u22124\u20105", "1-2-3-4-5"),
        ("1\u00a02\u202f3\u20094\u30005\t6", "1 2 3 4 5 6"),
        ("1\r2\u20283", "1\n2\n3"),
        ("\uff11\n2 \u2192 3", "1\n2 \u2192 3"),
        ("1\u22c52", "1.2"),
        ("1\u22152", "1/2"),
        ("½", "½"),
        ("\u0425YO-234", "XYO-234"),
        ("z\u0430hra66@su\u043emi.fi", "zahra66@suomi.fi"),
        ("мама", "мама"),
        ("О4О 123", "040 123"),
        ("3O8T", "308T"),
        ("OK on H2O", "OK on H2O"),
        ("\ud800", "\ufffd"),
        ("[PERSON] on", f"{OPAQUE} on"),
        ("[ok] on", "[ok] on"),
        ("", ""),
    ],
)
def test_folds(text: str, folded: str) -> None:
    assert normalise(text).text == folded


@pytest.mark.parametrize(
    ("text", "part", "original"),
    [
        ("puh ０４０\u200b１２３", "040123", "０４０\u200b１２３"),
        ("a\u0308iti 12", "12", "12"),
        ("ﬁ 12", "12", "12"),
        ("[PERSON] ja 12", "12", "12"),
        ("plain 12", "12", "12"),
        ("\u200b12\u200b", "12", "12"),
    ],
)
def test_leads_back_to_the_original(text: str, part: str, original: str) -> None:
    normal = normalise(text)
    start = normal.text.index(part)
    begin, end = normal.original(start, start + len(part))
    assert text[begin:end] == original
