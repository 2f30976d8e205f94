"""The list of conversations: what it shows, finds, keeps and notes."""

from __future__ import annotations

import datetime
import json
import re
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Engine
from werkzeug.test import TestResponse

from components.storage.models import AuditEntry, QueuedReview, ReviewMark, SavedFilter
from components.storage.references import reference_of
from components.storage.staff import Role
from console.conversations import views
from tests.console.conftest import SignIn
from tests.storage.test_conversation_index import PARCEL, PERMIT, add, opening, rate

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
DAY = datetime.timedelta(days=1)
AUDIT = AuditEntry.__table__
QUEUE = QueuedReview.__table__
FILTERS = SavedFilter.__table__


@pytest.fixture
def stored(engine: Engine) -> Engine:
    """A database with a parcel, a permit with everything that can be noted, and a visit without a question."""
    add(engine, "x-parcel", PARCEL, start=NOW - DAY)
    add(engine, "x-permit", PERMIT, start=NOW - 3 * DAY, channel="rest", special=True)
    add(engine, "x-silent", opening(), start=NOW - 2 * DAY)
    rate(engine, "x-permit", "not_helpful", NOW)
    return engine


def text_of(answer: TestResponse) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def shown(answer: TestResponse) -> list[str]:
    """The references in the list, in its order."""
    return re.findall(r'class="reference" href="/conversations/([A-Z-]+)"', answer.text)


def audited(engine: Engine) -> list[tuple[str, dict[str, Any]]]:
    with engine.connect() as connection:
        rows = connection.execute(sa.select(AUDIT.c.action, AUDIT.c.details).order_by(AUDIT.c.number))
        return [(row.action, json.loads(row.details)) for row in rows]


def queued(engine: Engine, reviewer: str) -> set[str]:
    with engine.connect() as connection:
        return set(connection.execute(sa.select(QUEUE.c.sender_id).where(QUEUE.c.reviewer == reviewer)).scalars())


def test_the_list_shows_what_was_asked_the_newest_first(stored: Engine, sign_in: SignIn) -> None:
    answer = sign_in(Role.TRAINER).get("/conversations")
    assert answer.status_code == 200
    assert shown(answer) == [reference_of("x-parcel"), reference_of("x-permit")]
    text = text_of(answer)
    for expected in (
        "2 conversations",
        "special category",
        "asked for a person",
        "masked: name",
        "31%",
        "another application",
    ):
        assert expected in text
    assert "silent" not in answer.text
    assert reference_of("x-silent") not in answer.text


def test_no_page_and_no_address_on_it_names_a_sender_or_what_was_said(stored: Engine, sign_in: SignIn) -> None:
    answer = sign_in(Role.TRAINER).get("/conversations")
    for private in ("x-parcel", "x-permit", "Kiinasta", "a person please"):
        assert private not in answer.text


def test_the_list_speaks_finnish_to_a_finn(stored: Engine, sign_in: SignIn) -> None:
    text = text_of(sign_in(Role.TRAINER, language="fi").get("/conversations?fallback=true"))
    for expected in ("1 keskustelu ", "Jäikö jotakin ymmärtämättä: kyllä", "peitetty: nimi", "pyysi ihmistä", "huono"):
        assert expected in text


@pytest.mark.parametrize("page", ["/conversations", "/conversations/figures"])
@pytest.mark.parametrize("language", ["fi", "en"])
def test_an_empty_database_is_no_error(page: str, language: str, sign_in: SignIn) -> None:
    answer = sign_in(Role.TRAINER, language=language).get(page)
    assert answer.status_code == 200
    assert {"fi": "Yhtään keskustelua ei löytynyt", "en": "No conversation was found"}[language] in text_of(answer)


def test_filters_and_words_narrow_the_list_and_stand_as_chips(stored: Engine, sign_in: SignIn) -> None:
    client = sign_in(Role.TRAINER)
    answer = client.get("/conversations?language=en&words=permits&confidence_below=40")
    assert shown(answer) == [reference_of("x-permit")]
    chips = re.findall(r'<a class="button chip" href="([^"]+)" aria-label="([^"]+)"', answer.text)
    assert len(chips) == 3
    without = {unescape(label): unescape(address) for address, label in chips}
    assert without["Remove the filter Language: English"] == "/conversations?confidence_below=40&words=permits"
    assert shown(client.get("/conversations?words=kiina")) == [reference_of("x-parcel")]


def test_a_value_that_cannot_be_used_is_told_and_stays_in_its_field(stored: Engine, sign_in: SignIn) -> None:
    answer = sign_in(Role.TRAINER).get("/conversations?since=31.2.2026&words=131052-952P&language=en")
    text = text_of(answer)
    assert "Write the day as 2026-12-31." in text
    assert "looks like personal data" in text
    assert 'value="31.2.2026"' in answer.text
    assert shown(answer) == [reference_of("x-permit")]


def test_the_audit_log_knows_how_many_and_which_filters_but_no_words(stored: Engine, sign_in: SignIn) -> None:
    sign_in(Role.TRAINER, user_id="anna").get("/conversations?words=kiinasta&language=fi")
    (action, details), *_ = audited(stored)
    assert action == "conversations.listed"
    assert details == {"count": 1, "shown": 1, "filters": "language,words"}


@pytest.mark.parametrize("role", [Role.AGENT, Role.EDITOR, Role.PRIVACY_OFFICER, Role.ADMINISTRATOR])
def test_nobody_but_trainers_finds_conversations(role: Role, stored: Engine, sign_in: SignIn) -> None:
    client = sign_in(role)
    assert client.get("/conversations").status_code == 403
    assert client.get("/conversations/figures").status_code == 403
    for path in ("sample", "queue", "filters", "filters/1/delete"):
        assert client.post(f"/conversations/{path}").status_code == 403
    assert queued(stored, role.value) == set()


def test_pages_follow_one_another(engine: Engine, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "PAGE", 2)
    for number in range(5):
        add(engine, f"s{number}", PARCEL, start=NOW - number * DAY)
    client = sign_in(Role.TRAINER)
    seen, address = [], "/conversations?language=fi"
    for _ in range(3):
        answer = client.get(address)
        seen += shown(answer)
        further = re.search(r'rel="next" href="([^"]+)"', answer.text)
        address = unescape(further.group(1)) if further else ""
    assert seen == [reference_of(f"s{number}") for number in range(5)]
    assert address == ""
    assert "To the newest conversations" in answer.text


def test_who_reviewed_a_conversation_is_shown(stored: Engine, sign_in: SignIn) -> None:
    with stored.begin() as connection:
        values = {
            "sender_id": "x-parcel",
            "reviewer": "bert",
            "kind": "reviewed",
            "made_at": NOW,
            "expires_at": NOW + DAY,
        }
        connection.execute(sa.insert(ReviewMark.__table__).values(**values))
    client = sign_in(Role.TRAINER)
    assert "bert" in text_of(client.get("/conversations"))
    assert shown(client.get("/conversations?reviewed=bert")) == [reference_of("x-parcel")]
    assert shown(client.get("/conversations?reviewed=-")) == [reference_of("x-permit")]


# The reviewer's queue.


def test_ticked_conversations_come_into_the_queue_once(stored: Engine, sign_in: SignIn) -> None:
    client = sign_in(Role.TRAINER, user_id="anna")
    client.get("/conversations")
    for expected in ("1 conversation was added", "are in your queue already"):
        answer = client.post("/conversations/queue", data={"reference": reference_of("x-parcel"), "language": "fi"})
        assert answer.location == "/conversations?language=fi"
        assert expected in text_of(client.get(answer.location))
    assert queued(stored, "anna") == {"x-parcel"}
    assert ("review.queued", {"added": 1}) in audited(stored)


def test_without_a_tick_nothing_is_queued_and_the_page_says_so(stored: Engine, sign_in: SignIn) -> None:
    client = sign_in(Role.TRAINER, user_id="anna")
    answer = client.post("/conversations/queue", data={"reference": "BCDF-BCDF-BCDF"}, follow_redirects=True)
    assert "Tick at least one conversation first." in text_of(answer)
    assert queued(stored, "anna") == set()


@pytest.mark.parametrize("way", ["plain", "topic"])
def test_a_sample_of_the_selection_comes_into_the_queue(way: str, stored: Engine, sign_in: SignIn) -> None:
    client = sign_in(Role.TRAINER, user_id="anna")
    client.get("/conversations")
    answer = client.post("/conversations/sample", data={"size": "5", "way": way, "fallback": "true"})
    assert answer.location == "/review/queue"
    assert queued(stored, "anna") == {"x-permit"}
    assert ("conversations.sampled", {"added": 1, "by_topic": way == "topic", "filters": "fallback"}) in audited(stored)
    again = client.post(
        "/conversations/sample", data={"size": "5", "way": way, "fallback": "true"}, follow_redirects=True
    )
    assert "There is nothing to draw" in text_of(again)


@pytest.mark.parametrize("size", ["", "0", "501", "-1", "many", "٣"])
def test_a_size_that_cannot_be_used_is_told_and_kept(size: str, stored: Engine, sign_in: SignIn) -> None:
    client = sign_in(Role.TRAINER, user_id="anna")
    answer = client.post("/conversations/sample", data={"size": size, "language": "fi"})
    page = client.get(answer.location)
    assert "Write a whole number from 1 to 500" in text_of(page)
    assert f'name="size" min="1" max="500" value="{size or 20}"' in page.text
    assert queued(stored, "anna") == set()


# Saved filters.


def test_a_saved_filter_is_one_s_own_and_finds_the_same_again(stored: Engine, sign_in: SignIn) -> None:
    anna, bert = sign_in(Role.TRAINER, user_id="anna"), sign_in(Role.TRAINER, user_id="bert")
    anna.post("/conversations/filters", data={"name": "Parcels & more", "words": "kiina", "language": "fi"})
    page = anna.get("/conversations")
    address = re.search(r'<li><a href="([^"]+)">Parcels &amp; more</a>', page.text)
    assert address
    assert shown(anna.get(unescape(address.group(1)))) == [reference_of("x-parcel")]
    assert "Parcels" not in bert.get("/conversations").text
    with stored.connect() as connection:
        number = connection.execute(sa.select(FILTERS.c.id)).scalar_one()
    assert bert.post(f"/conversations/filters/{number}/delete").status_code == 404
    assert anna.post(f"/conversations/filters/{number}/delete").status_code == 302
    assert "Parcels" not in anna.get("/conversations").text


def test_saving_under_the_same_name_replaces_and_names_are_masked(stored: Engine, sign_in: SignIn) -> None:
    client = sign_in(Role.TRAINER, user_id="anna")
    for language in ("fi", "en"):
        client.post("/conversations/filters", data={"name": "Asiakas 131052-952P", "language": language})
    with stored.connect() as connection:
        rows = connection.execute(sa.select(FILTERS.c.name, FILTERS.c.query)).all()
    assert [tuple(row) for row in rows] == [("Asiakas [FI_PERSONAL_IDENTITY_CODE]", "language=en")]


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_filter_needs_a_name(name: str, stored: Engine, sign_in: SignIn) -> None:
    client = sign_in(Role.TRAINER)
    answer = client.post("/conversations/filters", data={"name": name, "language": "fi"}, follow_redirects=True)
    assert "Give the filter a name" in text_of(answer)
    with stored.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(FILTERS)).scalar_one() == 0


# Figures.


def test_figures_of_the_selection_stand_in_tables_beside_the_plots(stored: Engine, sign_in: SignIn) -> None:
    client = sign_in(Role.TRAINER)
    text = text_of(client.get("/conversations/figures"))
    for expected in ("Conversations 2", "Messages of customers 4", "Messages not understood 1 (25%)", "1 (50%)"):
        assert expected in text
    answer = client.get("/conversations/figures?language=fi")
    assert "Conversations 1" in text_of(answer)
    plots = answer.text.count('<svg class="plot" role="img" aria-label="Columns')
    assert plots == answer.text.count("<details><summary>Figures:") == 3
    assert "style=" not in answer.text
    assert ("conversations.figures_viewed", {"count": 1, "filters": "language"}) in audited(stored)


def test_a_long_time_is_shown_by_weeks(engine: Engine, sign_in: SignIn) -> None:
    for number in (0, 1, 100):
        add(engine, f"s{number}", PARCEL, start=NOW - number * DAY)
    page = sign_in(Role.TRAINER).get("/conversations/figures")
    assert "Conversations per week" in text_of(page)
    assert "Conversations per day" not in text_of(page)
    monday = datetime.date(2026, 11, 16)
    assert views.by_week({monday: 1, monday + 6 * DAY: 2, monday + 7 * DAY: 3}) == {monday: 3, monday + 7 * DAY: 3}


def test_every_field_of_the_form_has_a_label(app: Flask, stored: Engine, sign_in: SignIn) -> None:
    page = sign_in(Role.TRAINER).get("/conversations?language=fi").text
    fields = set(re.findall(r'<(?:input|select)[^>]* id="([^"]+)"', page))
    labels = set(re.findall(r'<label for="([^"]+)"', page))
    assert fields == labels
    assert len(fields) > 15


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tag", "131052-952P"),
        ("topic", "131052-952P"),
        ("channel", "Matti soitti 0401234567"),
        ("label", "matti.virtanen@example.com"),
        ("reviewed", "131052-952P"),
    ],
)
def test_no_filter_keeps_what_looks_like_personal_data(field: str, value: str, stored: Engine, sign_in: SignIn) -> None:
    sign_in(Role.TRAINER).post("/conversations/filters", data={"name": "x", field: value, "language": "fi"})

    with stored.connect() as connection:
        assert connection.execute(sa.select(FILTERS.c.query)).scalars().all() == ["language=fi"]
