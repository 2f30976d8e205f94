"""What reviews leave for editors to do."""

from __future__ import annotations

import yaml
from flask import abort, flash, redirect, render_template, request, url_for
from flask.wrappers import Response as FlaskResponse
from werkzeug.wrappers import Response

from components.storage import reviews, transcripts
from components.storage.references import reference_of
from console.area import also_note, note
from console.database import database, now
from console.forms import row_number
from console.identity import person
from console.review.base import EDITORS, REVIEWERS, area, intent_title
from console.review.shown import said
from console.topics import topics
from console.wording import language, say


@area.page("/review/tasks", roles=EDITORS, audit="content_tasks.viewed")
def tasks() -> str:
    """Show a page of the tasks, those that are open unless others are asked for."""
    chosen = {
        "state": request.args.get("state", reviews.OPEN),
        "kind": request.args.get("kind", ""),
        "topic": request.args.get("topic", ""),
    }
    page = max(1, request.args.get("page", 1, type=row_number))
    state = chosen["state"] if chosen["state"] in reviews.TASK_STATES else None
    found, total = reviews.tasks(
        database(),
        now=now(),
        state=state,
        kind=chosen["kind"] or None,
        topic=chosen["topic"] or None,
        viewer=person().user_id,
        page=page,
    )
    note(count=len(found))
    return render_template(
        "review/tasks.html",
        found=found,
        total=total,
        page=page,
        pages=max(1, -(-total // reviews.TASKS_ON_A_PAGE)),
        chosen=chosen,
        states=reviews.TASK_STATES,
        kinds=reviews.TASK_KINDS,
        topic_names=sorted((entry.title(language()), name) for name, entry in topics().items()),
        has_examples=bool(chosen["topic"] and _examples(chosen["topic"])),
        title=lambda name: intent_title(name, language()),
        said=said,
    )


@area.page("/review/tasks/<int:task_id>", roles=EDITORS, audit="content_task.viewed")
def task(task_id: int) -> str:
    """Show a task with the message that it is about; only trainers get a link to the conversation."""
    found = _task(task_id)
    about = transcripts.message_text(database(), found.event_id, now=now()) if found.event_id is not None else None
    note(f"content_task:{task_id}")
    _note_conversation(found, "conversation.viewed")
    sees = person().has(*REVIEWERS) and found.sender_id is not None
    return render_template(
        "review/task.html",
        found=found,
        about=about,
        reference=reference_of(found.sender_id) if sees and found.sender_id is not None else None,
        title=lambda name: intent_title(name, language()),
        said=said,
        states=reviews.TASK_STATES,
    )


@area.act("/review/tasks/<int:task_id>/state", roles=EDITORS, audit="content_task.changed")
def set_state(task_id: int) -> Response:
    """Close, decline or reopen a task."""
    _task(task_id)
    state = request.form.get("state", "")
    if state not in reviews.TASK_STATES:
        abort(400)
    if not reviews.set_task_state(database(), task_id, state, by=person().user_id, now=now()):
        abort(404)
    note(f"content_task:{task_id}", state=state)
    flash(say(f"review.task_now_{state}"))
    return redirect(url_for("review.task", task_id=task_id))


@area.page("/review/tasks/<int:task_id>.yml", roles=EDITORS, audit="story.exported")
def story_file(task_id: int) -> FlaskResponse:
    """Hand over a regression story as a file."""
    found = _task(task_id)
    if found.kind != reviews.STORY:
        abort(404)
    note(f"content_task:{task_id}")
    _note_conversation(found, "conversation.exported")
    return _file(found.text, f"story-{task_id}.yml")


@area.page("/review/examples/<topic>.yml", roles=EDITORS, audit="examples.exported")
def examples_file(topic: str) -> FlaskResponse:
    """Hand over the open suggested examples of a topic as they are written in data/faq."""
    entry = topics().get(topic)
    found = _examples(topic) if entry is not None else {}
    if entry is None or not found:
        abort(404)
    note(topic, count=sum(map(len, found.values())))
    body = yaml.safe_dump({"examples": found}, allow_unicode=True, sort_keys=True, width=1_000)
    where = say("review.examples_where", file=f"data/faq/{entry.agency}/{entry.path.name}", id=entry.topic.id)
    body = f"# {where}\n# {say('review.examples_reword')}\n{body}"
    return _file(body, f"{topic}.yml")


def _task(task_id: int) -> reviews.Task:
    found = reviews.task(database(), task_id, now=now(), viewer=person().user_id)
    if found is None:
        abort(404)
    return found


def _note_conversation(found: reviews.Task, action: str) -> None:
    """Note whose words a task shows; the reader need not learn it."""
    if found.sender_id is not None:
        also_note(reference_of(found.sender_id), action=action, content_task=found.id)


def _examples(topic: str) -> dict[str, list[str]]:
    return reviews.examples(database(), topic, now=now(), viewer=person().user_id)


def _file(body: str, name: str) -> FlaskResponse:
    return FlaskResponse(
        body,
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
