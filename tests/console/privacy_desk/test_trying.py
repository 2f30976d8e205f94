"""The try-out box: shows what would be masked and keeps nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.storage.models import AuditEntry
from components.storage.staff import Role
from tests.console.conftest import SignIn

TEXT = "Soita numeroon 040 765 4321, terveisin pingviini"


def test_the_masked_text_and_the_pieces_are_shown(sign_in: SignIn) -> None:
    page = sign_in(Role.PRIVACY_OFFICER).post("/privacy/try", data={"text": TEXT}).text

    assert "Soita numeroon [PHONE_NUMBER" in page
    assert '<th scope="row">040 765 4321</th>' in page
    assert "<code>PHONE_NUMBER</code>" in page
    assert "15–27" in page


def test_a_harmless_text_is_said_to_be_so(sign_in: SignIn) -> None:
    assert (
        "Nothing was masked" in sign_in(Role.PRIVACY_OFFICER).post("/privacy/try", data={"text": "hyvää päivää"}).text
    )


def test_nothing_of_the_text_is_kept(sign_in: SignIn, engine: Engine, tmp_path: Path) -> None:
    sign_in(Role.PRIVACY_OFFICER, user_id="vilma").post("/privacy/try", data={"text": TEXT})

    with engine.connect() as connection:
        rows = connection.execute(sa.select(AuditEntry)).all()
    assert [(row.actor, row.action, row.target, json.loads(row.details)) for row in rows] == [
        ("vilma", "anonymiser.tried", None, {})
    ]
    for file in tmp_path.iterdir():
        assert b"pingviini" not in file.read_bytes()


@pytest.mark.parametrize(
    ("text", "words"), [("", "Write a text"), ("  ", "Write a text"), ("x" * 2001, "2001 characters")]
)
def test_a_missing_or_too_long_text_is_refused_and_stays(sign_in: SignIn, text: str, words: str) -> None:
    answer = sign_in(Role.PRIVACY_OFFICER).post("/privacy/try", data={"text": text})

    assert answer.status_code == 422
    assert words in answer.text
    assert text in answer.text


def test_markup_in_the_text_stays_text(sign_in: SignIn) -> None:
    page = sign_in(Role.PRIVACY_OFFICER).post("/privacy/try", data={"text": "<script>alert(1)</script>"}).text

    assert "<script>alert" not in page
