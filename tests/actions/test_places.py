from __future__ import annotations

import pytest

from actions.places import PLACES, Area, place_in, place_left


@pytest.mark.parametrize("code", PLACES)
@pytest.mark.parametrize("language", ["fi", "en"])
def test_every_place_is_read_by_its_name(code: str, language: str) -> None:
    assert place_in(PLACES[code].names[language]) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Virosta", "EE"),
        ("from estonia", "EE"),
        ("Irlannista", "IE"),
        ("Islannista", "IS"),
        ("USA:sta", "US"),
        ("US", "US"),
        ("jenkeistä", "US"),
        ("UK:sta", "GB"),
        ("turkista", "TR"),
        ("Åland", "AX"),
        ("aland", "AX"),
        ("ahvenanmaalta", "AX"),
        ("Kanarialta", "IC"),
        ("EU:n ulkopuolelta", "any_outside"),
        ("toisesta EU-maasta", "any_eu"),
        ("Turusta", None),
        ("can you tell us", None),
        ("omaan käyttöön", None),
    ],
)
def test_a_place_is_read_from_an_answer(text: str, code: str | None) -> None:
    assert place_in(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("paljonko olutta saa tuoda virosta suomeen", "EE"),
        ("how much can i bring from turkey to finland", "TR"),
        ("suomeen thaimaasta", "TH"),
        ("saksalaisesta kaupasta", None),
        ("matkalla Espanjaan", None),
    ],
)
def test_only_the_place_that_was_left_is_read_from_a_longer_message(text: str, code: str | None) -> None:
    assert place_left(text) == code


@pytest.mark.parametrize(
    ("code", "area"),
    [
        ("EE", Area.EU),
        ("any_eu", Area.EU),
        ("AX", Area.TAX_BORDER),
        ("IC", Area.TAX_BORDER),
        ("NO", Area.OUTSIDE),
        ("GB", Area.OUTSIDE),
    ],
)
def test_a_place_knows_what_the_tax_rules_make_of_it(code: str, area: Area) -> None:
    assert PLACES[code].area is area
