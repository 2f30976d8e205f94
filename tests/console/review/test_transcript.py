"""The page of one conversation."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.storage.staff import Role
from tests.console.conftest import SignIn
from tests.console.review.conftest import SENDER, TODAY, Made, add_conversation, answered, rows, said


def test_a_trainer_reads_what_was_said_and_how_it_was_understood(sign_in: SignIn, made: Made) -> None:
    page = sign_in(Role.TRAINER).get(f"/conversations/{made.reference}").text

    assert "paljonko hakemus maksaa" in page
    assert "90%" in page and "5%" in page
    assert "not understood" in page
    assert "Reviewed 1 Nov 2026." in page and "changes often" in page
    assert '<a href="https://migri.fi/maksut" rel="noreferrer">Maksut</a>' in page
    assert "4 min in" in page
    assert SENDER not in page


def test_a_label_is_a_mark_with_a_name_in_the_readers_language(sign_in: SignIn, made: Made) -> None:
    page = sign_in(Role.TRAINER, language="fi").get(f"/conversations/{made.reference}").text

    assert '<mark class="label" title="[NAME_1]">nimi 1</mark>' in page


def test_viewing_is_audited_with_the_reference(sign_in: SignIn, engine: Engine, made: Made) -> None:
    sign_in(Role.TRAINER, user_id="anna").get(f"/conversations/{made.reference.lower()}")

    [entry] = [row for row in rows(engine, "audit_log") if row["action"] == "conversation.viewed"]
    assert (entry["actor"], entry["target"]) == ("anna", made.reference)


@pytest.mark.parametrize("role", [Role.EDITOR, Role.AGENT, Role.ADMINISTRATOR])
def test_others_do_not_see_conversations(sign_in: SignIn, made: Made, role: Role) -> None:
    assert sign_in(role).get(f"/conversations/{made.reference}").status_code == 403


def test_a_privacy_officer_reads_and_masks_but_does_not_review(sign_in: SignIn, made: Made) -> None:
    client = sign_in(Role.PRIVACY_OFFICER)

    page = client.get(f"/conversations/{made.reference}").text
    assert "This is personal data" in page and "Understood right" not in page
    refused = client.post(f"/conversations/{made.reference}/marks", data={"kind": "flag"})
    assert refused.status_code == 403


def test_an_unknown_reference_is_not_found(sign_in: SignIn, made: Made) -> None:
    client = sign_in(Role.TRAINER)

    assert client.get("/conversations/BCDF-BCDF-BCDF").status_code == 404
    assert client.get(f"/conversations/{SENDER}").status_code == 404


def test_an_expired_conversation_is_not_found(sign_in: SignIn, engine: Engine) -> None:
    with engine.begin() as connection:
        gone = add_conversation(connection, expires_at=TODAY + datetime.timedelta(hours=1))
        connection.exec_driver_sql("UPDATE indexed_conversations SET expires_at = '2020-01-01 00:00:00'")

    assert sign_in(Role.TRAINER).get(f"/conversations/{gone.reference}").status_code == 404


def test_what_a_customer_wrote_is_never_markup_or_a_link(sign_in: SignIn, engine: Engine) -> None:
    text = '<script>alert(1)</script> [x](https://example.com) **b** "<img src=x>"'
    with engine.begin() as connection:
        made = add_conversation(connection, events=[said(text)])

    page = sign_in(Role.TRAINER).get(f"/conversations/{made.reference}").text

    assert "<script>alert" not in page and "<img" not in page and "example.com</a>" not in page
    assert "[x](https://example.com) **b**" in page


def test_a_dangerous_link_in_an_answer_stays_text(sign_in: SignIn, engine: Engine) -> None:
    with engine.begin() as connection:
        made = add_conversation(connection, events=[said("x y"), answered("[tästä](javascript:alert(1))")])

    assert 'href="javascript' not in sign_in(Role.TRAINER).get(f"/conversations/{made.reference}").text


def test_a_page_of_the_chat_is_named_without_a_link(sign_in: SignIn, engine: Engine) -> None:
    with engine.begin() as connection:
        made = add_conversation(connection, events=[said("x y"), answered("Lue [tietosuoja](/chat/privacy?lang=fi).")])

    page = sign_in(Role.TRAINER).get(f"/conversations/{made.reference}").text
    assert "tietosuoja" in page
    assert "/chat/privacy" not in page


def test_the_queue_leads_to_the_conversations_before_and_after(
    sign_in: SignIn, engine: Engine, more: Callable[[int], list[Made]]
) -> None:
    first, middle, last = more(3)
    client = sign_in(Role.TRAINER)
    client.post("/review/queue/add", data={"references": "\n".join(each.reference for each in (first, middle, last))})

    page = client.get(f"/conversations/{middle.reference}").text

    assert f'href="/conversations/{first.reference}" rel="prev"' in page
    assert f'href="/conversations/{last.reference}" rel="next"' in page


@pytest.mark.parametrize(
    ("channel", "says"), [("web", "web page"), ("rest", "another application"), ("own", "own"), (None, "not known")]
)
def test_the_channel_is_named(sign_in: SignIn, engine: Engine, made: Made, channel: str | None, says: str) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE indexed_conversations SET channel = :channel"), {"channel": channel})
        connection.execute(sa.text("UPDATE conversations SET channel = :channel"), {"channel": channel})
    client = sign_in(Role.TRAINER)

    assert f"<dd>{says}</dd>" in client.get(f"/conversations/{made.reference}").text
    assert f"<td>{says}</td>" in client.get("/conversations").text
