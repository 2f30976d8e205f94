"""Masking what the anonymiser missed."""

from __future__ import annotations

import datetime
import json
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine
from werkzeug.test import TestResponse

from components.storage.staff import Role
from console.review import masking
from tests.console.conftest import SignIn
from tests.console.review.conftest import Made, add_conversation, answered, rows, said

WORDS = "sinitintti ykkönen"


@pytest.fixture
def made(engine: Engine) -> Made:
    """A conversation with something that should not be there."""
    with engine.begin() as connection:
        return add_conversation(connection, events=[said(f"olen {WORDS} täällä"), answered(f"Hei {WORDS}!")])


def _mask(client: FlaskClient, made: Made, words: str = WORDS, **values: Any) -> TestResponse:
    data = {"words": words, "label": "PERSON", **values}
    return client.post(f"/conversations/{made.reference}/messages/{made.events[0]}/mask", data=data)


def _just_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def _save_late(engine: Engine) -> None:
    """Save what a message brought that was being handled meanwhile."""
    state = {"slots": {"contact": WORDS}, "active_loop": None, "paused": False}
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE conversations SET state = :state"), {"state": json.dumps(state, ensure_ascii=False)}
        )
    assert WORDS in rows(engine, "conversations")[0]["state"]


@pytest.mark.parametrize("role", [Role.TRAINER, Role.PRIVACY_OFFICER])
def test_the_words_are_gone_from_the_page_and_the_file(sign_in: SignIn, engine: Engine, made: Made, role: Role) -> None:
    client = sign_in(role)

    assert _mask(client, made).status_code == 302

    page = client.get(f"/conversations/{made.reference}").text
    assert "sinitintti" not in page and 'title="[NAME]">name</mark>' in page
    path = Path(str(engine.url.database))
    files = (path, path.with_name(f"{path.name}-wal"))
    assert not any(b"initint" in file.read_bytes() for file in files if file.exists())


def test_the_audit_log_has_the_label_only(sign_in: SignIn, engine: Engine, made: Made) -> None:
    _mask(sign_in(Role.TRAINER, user_id="anna"), made)

    [entry] = rows(engine, "audit_log")
    assert (entry["action"], entry["target"]) == ("personal_data.masked", made.reference)
    assert json.loads(entry["details"]) == {"label": "PERSON"}


def test_what_is_learnt_is_a_shape(sign_in: SignIn, engine: Engine, made: Made) -> None:
    _mask(sign_in(Role.TRAINER), made)

    [case] = rows(engine, "masking_cases")
    assert "aaaaaaaaaa aaaaaaa" in case["shape"] and "siniti" not in case["shape"]


@pytest.mark.parametrize(
    ("words", "label", "says"),
    [
        ("toinen lintu", "PERSON", "not in the message"),
        ("sinitin", "PERSON", "not in the message"),
        ("o", "PERSON", "at least two"),
        (WORDS, "NONSENSE", "Choose the kind"),
    ],
)
def test_what_cannot_be_masked_comes_back(
    sign_in: SignIn, engine: Engine, made: Made, words: str, label: str, says: str
) -> None:
    before = rows(engine, "events")

    answer = _mask(sign_in(Role.TRAINER), made, words, label=label)

    assert answer.status_code == 422
    assert says in answer.text and f'value="{words}"' in answer.text
    assert rows(engine, "events") == before and rows(engine, "masking_cases") == []


def test_words_inside_others_are_masked_when_chosen(sign_in: SignIn, engine: Engine, made: Made) -> None:
    _mask(sign_in(Role.TRAINER), made, "sinitin", inside_words="on")

    assert "olen [NAME]tti ykkönen" in rows(engine, "events")[0]["data"]


@pytest.mark.parametrize("role", [Role.EDITOR, Role.AGENT, Role.ADMINISTRATOR])
def test_others_may_not(sign_in: SignIn, engine: Engine, made: Made, role: Role) -> None:
    assert _mask(sign_in(role), made).status_code == 403
    assert rows(engine, "masking_cases") == []


def test_a_conversation_that_goes_on_is_masked_once_more(
    sign_in: SignIn, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(masking, "AGAIN_AFTER_SECONDS", 0.3)
    with engine.begin() as connection:
        made = add_conversation(connection, events=[said(f"olen {WORDS} täällä")], start=_just_now())
    client = sign_in(Role.TRAINER)
    _mask(client, made)
    _save_late(engine)

    deadline = time.monotonic() + 20
    while WORDS in rows(engine, "conversations")[0]["state"] and time.monotonic() < deadline:
        time.sleep(0.1)

    assert WORDS not in rows(engine, "conversations")[0]["state"]
    assert "once more in a minute" in client.get(f"/conversations/{made.reference}").text


def test_a_console_that_stops_masks_once_more_before(sign_in: SignIn, engine: Engine) -> None:
    with engine.begin() as connection:
        made = add_conversation(connection, events=[said(f"olen {WORDS} täällä")], start=_just_now())
    _mask(sign_in(Role.TRAINER), made)
    _save_late(engine)

    masking.finish_waiting()

    assert WORDS not in rows(engine, "conversations")[0]["state"]
