"""In a meeting room one thing at a time is on the screen, and nobody's name."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from components.storage.staff import Role
from tests.console.conftest import SignIn

from .conftest import QUESTION, REFERENCE, Made, audited


def test_slides_show_one_message_each_with_links_to_both_sides(sign_in: SignIn, made: Made, engine: Engine) -> None:
    client = sign_in(Role.TRAINER, user_id="trainer")
    # The start; a case with 4 messages, questions and a model answer; a case with 3 messages.
    slides = [client.get(f"/collections/{made.collection}/present/{number}").text for number in range(1, 13)]

    assert "Know the fees" in slides[0]
    assert [QUESTION in slide for slide in slides].index(True) == 2
    assert sum(QUESTION in slide for slide in slides) == 1
    assert "Name the fee first." in slides[7]
    assert client.get(f"/collections/{made.collection}/present/13").status_code == 404
    assert 'rel="prev"' not in slides[0]
    assert 'rel="next"' in slides[0]
    assert 'rel="next"' not in slides[-1]
    assert ("conversation.viewed", REFERENCE, f'{{"collection": {made.collection}}}') in audited(engine)


def test_no_slide_names_who_made_the_collection_or_shows_it(sign_in: SignIn, made: Made) -> None:
    client = sign_in(Role.TRAINER, user_id="wilhelmiina")
    for number in range(1, 13):
        slide = client.get(f"/collections/{made.collection}/present/{number}").text
        assert "anna" not in slide
        assert "wilhelmiina" not in slide
        assert REFERENCE not in slide


def test_the_first_slide_has_an_address_of_its_own(sign_in: SignIn, made: Made) -> None:
    assert "Know the fees" in sign_in(Role.TRAINER).get(f"/collections/{made.collection}/present").text
