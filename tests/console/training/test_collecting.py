"""Trainers make collections, put conversations into them by reference, and see what falls out and when."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from components.storage import collections
from components.storage.models import CollectionCase
from components.storage.staff import Role
from tests.console.conftest import SignIn
from tests.storage.cases import SENDER, add_spoken
from tests.storage.rows import DAY

from .conftest import QUESTION, REFERENCE, Made, audited, moment

DESCRIBED = {"title": "Parcels", "goal": "Find the rule", "theme": "customs", "language": "fi"}


def cases(engine: Engine) -> list[tuple[str, int]]:
    table = CollectionCase.__table__
    with engine.connect() as connection:
        query = sa.select(table.c.title, table.c.collection_id).order_by(table.c.collection_id, table.c.position)
        return [tuple(row) for row in connection.execute(query)]


def test_a_trainer_makes_a_collection_and_finds_it_by_theme_and_language(sign_in: SignIn, engine: Engine) -> None:
    client = sign_in(Role.TRAINER)

    made = client.post("/collections/new", data=DESCRIBED, follow_redirects=True)

    assert made.status_code == 200
    assert "Find the rule" in made.text
    assert "Parcels" in client.get("/collections?theme=customs&language=fi").text
    assert "Find the rule" not in client.get("/collections?language=en").text
    assert ">Parcels<" not in client.get("/collections?language=en").text
    assert ("collection.created", "collection:1", "{}") in audited(engine)


def test_a_form_with_errors_comes_back_filled_in_and_changes_nothing(sign_in: SignIn, engine: Engine) -> None:
    client = sign_in(Role.TRAINER)

    refused = client.post("/collections/new", data={**DESCRIBED, "title": " ", "goal": "Kept goal"})

    assert refused.status_code == 422
    assert "Write a title" in refused.text
    assert "Kept goal" in refused.text
    assert "collection.created" not in {action for action, _, _ in audited(engine)}


def test_a_collection_is_described_anew_and_put_away(sign_in: SignIn, engine: Engine, made: Made) -> None:
    client = sign_in(Role.TRAINER)

    client.post(f"/collections/{made.collection}/edit", data={**DESCRIBED, "title": "Renamed"})
    client.post(f"/collections/{made.collection}/archive", data={"archived": "1"})

    assert "Renamed" not in client.get("/collections").text
    assert "Renamed" in client.get("/collections?archived=1").text
    assert "Renamed" not in client.get("/practice").text
    client.post(f"/collections/{made.collection}/archive", data={"archived": "0"})
    assert "Renamed" in client.get("/practice").text


def test_a_conversation_is_added_by_its_reference_as_people_type_it(
    sign_in: SignIn, engine: Engine, stored: str
) -> None:
    client = sign_in(Role.TRAINER)
    client.post("/collections/new", data=DESCRIBED)

    page = client.post(
        "/collections/cases",
        data={"reference": stored.lower().replace("-", " "), "collection": "1", "title": ""},
        follow_redirects=True,
    )

    assert QUESTION in page.text
    assert cases(engine) == [("Case 1", 1)]
    assert ("collection.case_added", stored, '{"collection": 1}') in audited(engine)


def test_from_a_conversation_s_page_the_trainer_is_asked_which_collection(
    sign_in: SignIn, stored: str, made: Made, engine: Engine
) -> None:
    client = sign_in(Role.TRAINER)

    asked = client.post("/collections/cases", data={"reference": stored}, follow_redirects=True)

    assert stored in asked.text
    assert "Fees" in asked.text
    assert len(cases(engine)) == 2
    assert "collection.case_added" not in {action for action, _, _ in audited(engine)}


@pytest.mark.parametrize("place", ["collection", ""])
def test_an_unknown_reference_is_refused_beside_the_field(
    sign_in: SignIn, made: Made, place: str, engine: Engine
) -> None:
    client = sign_in(Role.TRAINER)

    refused = client.post(
        "/collections/cases",
        data={"reference": "BBBB-BBBB-BBBB", "collection": str(made.collection), "from": place},
    )

    assert refused.status_code == 422
    assert "No stored conversation has this reference" in refused.text
    assert 'value="BBBB-BBBB-BBBB"' in refused.text
    assert len(cases(engine)) == 2


def test_the_collection_says_what_falls_out_and_when_and_offers_to_rewrite_it(sign_in: SignIn, made: Made) -> None:
    page = sign_in(Role.TRAINER).get(f"/collections/{made.collection}").text

    assert "in 12 days" in page
    assert f"/collections/cases/{made.case}/rewrite" in page
    assert "stays in the collection" in page


def test_an_expired_conversation_is_shown_as_fallen_out_without_its_text(
    sign_in: SignIn, made: Made, engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE conversations SET expires_at = :end"), {"end": moment() - DAY})
    client = sign_in(Role.TRAINER)

    page = client.get(f"/collections/{made.collection}").text
    case = client.get(f"/collections/cases/{made.case}").text
    slides = [client.get(f"/collections/{made.collection}/present/{n}").text for n in range(1, 6)]

    assert "fallen out on" in page
    assert QUESTION not in page + case + "".join(slides)
    assert client.get(f"/collections/cases/{made.case}/rewrite").status_code == 404
    assert client.post(f"/practice/cases/{made.case}").status_code == 404


def test_cases_are_put_in_order_copied_moved_and_removed(sign_in: SignIn, made: Made, engine: Engine) -> None:
    client = sign_in(Role.TRAINER)
    client.post("/collections/new", data=DESCRIBED)
    case = f"/collections/cases/{made.case}"

    client.post(f"{case}/shift", data={"where": "down"})
    assert cases(engine) == [("Written", 1), ("A fee", 1)]
    client.post(f"{case}/transfer", data={"collection": "2", "how": "copy"})
    assert cases(engine) == [("Written", 1), ("A fee", 1), ("A fee", 2)]
    client.post(f"{case}/transfer", data={"collection": "2", "how": "move"})
    assert cases(engine) == [("Written", 1), ("A fee", 2), ("A fee", 2)]
    client.post(f"{case}/remove")
    assert cases(engine) == [("Written", 1), ("A fee", 2)]
    assert [action for action, _, _ in audited(engine)][-4:] == [
        "collection.ordered",
        "collection.case_copied",
        "collection.case_moved",
        "collection.case_removed",
    ]


def test_what_a_case_teaches_is_masked_and_shown(sign_in: SignIn, made: Made) -> None:
    client = sign_in(Role.TRAINER)
    data = {"title": "Price", "difficulty": "3", "questions": "Why 010190-987N?", "model_answer": "<b>Say</b> it."}

    page = client.post(f"/collections/cases/{made.case}", data=data, follow_redirects=True).text

    assert "010190-987N" not in page
    assert "&lt;b&gt;Say&lt;/b&gt; it." in page
    assert "difficult" in page


@pytest.mark.parametrize("number", [0, 99])
def test_what_is_not_there_is_not_found(sign_in: SignIn, number: int) -> None:
    client = sign_in(Role.TRAINER)
    for path in ("", "/edit", "/write", "/present", "/hand-out"):
        assert client.get(f"/collections/{number}{path}").status_code == 404, path
    assert client.get(f"/collections/cases/{number}").status_code == 404
    assert client.post(f"/collections/{number}/hand-out", data={"kind": "json"}).status_code == 404


@pytest.mark.parametrize("role", [Role.AGENT, Role.EDITOR, Role.ADMINISTRATOR, Role.PRIVACY_OFFICER])
def test_collections_are_for_trainers(sign_in: SignIn, made: Made, role: Role) -> None:
    client = sign_in(role)
    for path in (
        "",
        "/new",
        "/choose",
        f"/{made.collection}",
        f"/cases/{made.case}",
        f"/cases/{made.case}/rewrite",
        f"/{made.collection}/present",
        f"/{made.collection}/hand-out",
    ):
        assert client.get(f"/collections{path}").status_code == 403, path
    assert client.post(f"/collections/{made.collection}/hand-out", data={"kind": "json"}).status_code == 403
    assert client.get("/practice/results").status_code == 403


def test_two_sessions_of_one_conversation_stand_in_one_case(sign_in: SignIn, made: Made, engine: Engine) -> None:
    with engine.begin() as connection:
        add_spoken(connection, start=moment(), period=22 * DAY, said=[("customer", "kysyn vielä yhtä asiaa", None)])
        found = collections.find_case(connection, made.case, now=moment())
        assert found is not None
        assert found.sender_id == SENDER

    page = sign_in(Role.TRAINER).get(f"/collections/cases/{made.case}").text

    assert QUESTION in page
    assert "kysyn vielä yhtä asiaa" in page


def test_a_conversation_s_page_leads_to_collections_and_holds(sign_in: SignIn, stored: str) -> None:
    page = sign_in(Role.TRAINER).get(f"/conversations/{stored}").text
    assert 'action="/collections/cases"' in page
    assert "/holds" not in page
    officer = sign_in(Role.PRIVACY_OFFICER).get(f"/conversations/{stored}").text
    assert "/collections/cases" not in officer
    assert f"/holds?reference={stored}" in officer


def test_a_case_whose_form_comes_back_counts_as_seen(sign_in: SignIn, made: Made, engine: Engine) -> None:
    answer = sign_in(Role.TRAINER).post(f"/collections/cases/{made.case}", data={"title": "", "difficulty": "1"})

    assert answer.status_code == 422
    assert audited(engine) == [("conversation.viewed", REFERENCE, f'{{"collection": {made.collection}}}')]
