from concurrent.futures import ThreadPoolExecutor

import pytest

from components.privacy import Anonymised, Span, anonymise
from components.privacy.engine import labels
from components.privacy.entities import placeholder
from components.privacy.recognisers import ALL

MIXED = "nimeni on Matti Virtanen, hetu 131052-308T, puh ０４０ 1234567, matti@live.fi, asun Kuusitie 3 B 4"


def test_names_each_class() -> None:
    found = anonymise(MIXED)
    assert found.text == (
        "nimeni on [NAME], hetu [FI_PERSONAL_IDENTITY_CODE], puh [PHONE_NUMBER], [EMAIL_ADDRESS], asun [STREET_ADDRESS]"
    )
    assert found.labels == ("PERSON", "FI_PERSONAL_IDENTITY_CODE", "PHONE_NUMBER", "EMAIL_ADDRESS", "STREET_ADDRESS")


def test_spans_are_offsets_into_the_original() -> None:
    assert [MIXED[span.start : span.end] for span in anonymise(MIXED).spans] == [
        "Matti Virtanen",
        "131052-308T",
        "０４０ 1234567",
        "matti@live.fi",
        "Kuusitie 3 B 4",
    ]


def test_spans_and_text_tell_the_same() -> None:
    found = anonymise(MIXED)
    parts, position = [], 0
    for span in found.spans:
        parts += [MIXED[position : span.start], placeholder(span.label)]
        position = span.end
    assert "".join([*parts, MIXED[position:]]) == found.text


def test_labels_are_distinct_and_in_order() -> None:
    assert anonymise("a@live.fi 0401234567 b@live.fi").labels == ("EMAIL_ADDRESS", "PHONE_NUMBER")


@pytest.mark.parametrize("text", ["", " ", "moi", "Hello there, how are you?", "käsittelyaika 3 kk", "?", "🙂"])
def test_nothing_found(text: str) -> None:
    assert anonymise(text) == Anonymised(text, ())


def test_placeholders_are_left_alone() -> None:
    text = "[PERSON] [PHONE_NUMBER], [DATE_OF_BIRTH]1"
    assert anonymise(text).text == text


def test_known_results_do_not_change_when_masked_again() -> None:
    masked = anonymise(MIXED).text
    assert anonymise(masked) == Anonymised(masked, ())


def test_threads_agree() -> None:
    with ThreadPoolExecutor(8) as pool:
        results = set(pool.map(lambda _: anonymise(MIXED).text, range(200)))
    assert results == {anonymise(MIXED).text}


def test_long_text_is_masked_word_by_word() -> None:
    text = "kirje " * 3000 + "tunnus X-12 ja matti@live.fi"
    found = anonymise(text)
    assert found.text == "kirje " * 3000 + "tunnus [LONG_NUMBER] ja [EMAIL_ADDRESS]"


def test_every_label_is_one_placeholder() -> None:
    for label in labels():
        assert anonymise(f"[{label}]").text == f"[{label}]"
        assert label == label.upper()


def test_recognisers_are_one_of_a_kind() -> None:
    assert len({type(recogniser) for recogniser in ALL}) == len(ALL)


def test_spans_compare_by_value() -> None:
    assert anonymise("0401234567").spans == (Span(0, 10, "PHONE_NUMBER", 0.75),)
