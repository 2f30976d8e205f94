"""What editors get to do."""

from __future__ import annotations

import pytest
import yaml
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine

from components.storage.staff import Role
from tests.console.conftest import SignIn
from tests.console.review.conftest import FEE, GIFT, Made, rows


@pytest.fixture
def made_tasks(sign_in: SignIn, made: Made) -> Made:
    """A conversation of which a wrong answer, an example and a story came."""
    client = sign_in(Role.TRAINER, user_id="anna")
    base = f"/conversations/{made.reference}"
    client.post(f"{base}/marks", data={"kind": "answer_wrong", "event_id": made.events[2], "text": "hinta vanha"})
    client.post(f"{base}/messages/{made.events[0]}/example", data={"topic": GIFT})
    client.post(f"{base}/story")
    return made


@pytest.fixture
def editor(sign_in: SignIn) -> FlaskClient:
    """A browser of an editor."""
    return sign_in(Role.EDITOR, user_id="ed")


def test_an_editor_sees_the_message_but_not_the_conversation(editor: FlaskClient, made_tasks: Made) -> None:
    assert editor.get("/review").status_code == 200
    assert "hinta vanha" in editor.get("/review/tasks").text

    page = editor.get("/review/tasks/1").text
    assert "750 €" in page and "hinta vanha" in page
    assert made_tasks.reference not in page


def test_a_trainer_gets_to_the_conversation(sign_in: SignIn, made_tasks: Made) -> None:
    page = sign_in(Role.TRAINER).get("/review/tasks/1").text

    assert f'href="/conversations/{made_tasks.reference}#m-{made_tasks.events[2]}"' in page


def test_tasks_are_filtered(editor: FlaskClient, made_tasks: Made) -> None:
    assert "3 tasks." in editor.get("/review/tasks").text
    assert "One task." in editor.get("/review/tasks?kind=example").text
    assert "One task." in editor.get(f"/review/tasks?topic={GIFT}").text
    assert "0 tasks." in editor.get("/review/tasks?state=done").text
    assert "3 tasks." in editor.get("/review/tasks?state=all&page=0").text


@pytest.mark.parametrize("state", ["done", "declined"])
def test_a_task_is_closed_and_opened_again(editor: FlaskClient, engine: Engine, made_tasks: Made, state: str) -> None:
    editor.post("/review/tasks/1/state", data={"state": state})
    assert (rows(engine, "content_tasks")[0]["state"], rows(engine, "content_tasks")[0]["closed_by"]) == (state, "ed")

    editor.post("/review/tasks/1/state", data={"state": "open"})
    assert rows(engine, "content_tasks")[0]["state"] == "open"
    assert rows(engine, "audit_log")[-1]["target"] == "content_task:1"


def test_a_state_that_there_is_not_is_refused(editor: FlaskClient, made_tasks: Made) -> None:
    assert editor.post("/review/tasks/1/state", data={"state": "gone"}).status_code == 400
    assert editor.post("/review/tasks/99/state", data={"state": "done"}).status_code == 404


def test_examples_come_as_they_are_written_in_the_content(editor: FlaskClient, made_tasks: Made) -> None:
    answer = editor.get(f"/review/examples/{GIFT}.yml")

    assert yaml.safe_load(answer.text) == {"examples": {"fi": ["paljonko hakemus maksaa"]}}
    assert "data/faq/customs/gifts.yml" in answer.text.splitlines()[0]
    assert "attachment" in answer.headers["Content-Disposition"]
    assert editor.get(f"/review/examples/{FEE}.yml").status_code == 404
    assert editor.get("/review/examples/nonsense.yml").status_code == 404


def test_a_story_comes_as_a_file_and_nothing_else_does(editor: FlaskClient, made_tasks: Made) -> None:
    [story] = yaml.safe_load(editor.get("/review/tasks/3.yml").text)["stories"]

    assert story["steps"][0] == {"user": "paljonko hakemus maksaa", "intent": FEE}
    assert editor.get("/review/tasks/1.yml").status_code == 404


@pytest.mark.parametrize("role", [Role.AGENT, Role.ADMINISTRATOR, Role.PRIVACY_OFFICER])
@pytest.mark.parametrize("address", ["/review", "/review/tasks", "/review/tasks/1", f"/review/examples/{GIFT}.yml"])
def test_others_do_not_see_tasks(sign_in: SignIn, role: Role, address: str) -> None:
    assert sign_in(role).get(address).status_code == 403


def test_the_log_says_whose_words_a_task_showed(editor: FlaskClient, engine: Engine, made_tasks: Made) -> None:
    editor.get("/review/tasks/1")
    editor.get("/review/tasks/3.yml")

    noted = [row["action"] for row in rows(engine, "audit_log") if row["target"] == made_tasks.reference]
    assert noted[-2:] == ["conversation.viewed", "conversation.exported"]
