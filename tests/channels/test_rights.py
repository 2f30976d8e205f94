from __future__ import annotations

import datetime
from typing import Any

import pytest

from components.channels.rights import stored_document
from components.storage.references import reference_of

CONVERSATION = {
    "sender_id": "0a1b",
    "expires_at": "2028-11-21T10:30:00+00:00",
    "notice_version": "2026-11-22.0a1b2c3d",
    "consented_at": "2026-11-22T10:30:00+00:00",
    "state": {"slots": {}},
}
EVENTS = [
    {"id": 1, "data": {"event": "action", "name": "action_listen", "timestamp": 1.0}},
    {"id": 2, "data": {"event": "user", "text": "hei", "message_id": "m", "timestamp": 2.0}},
    {"id": 3, "data": {"event": "bot", "text": "Hei!", "timestamp": 3.0, "data": {}, "metadata": {}}},
]
FEEDBACK = [{"rating": "good", "comment": None, "occurred_at": "2026-11-22T10:30:00+00:00"}]


def _tables(**changes: Any) -> dict[str, list[dict[str, Any]]]:
    return {"conversations": [CONVERSATION], "events": EVENTS, "feedback": FEEDBACK, "reply_addresses": [], **changes}


def test_the_document_holds_everything_that_is_kept() -> None:
    document = stored_document(_tables(), stored=True)

    assert document["tables"] == _tables()
    assert document["feedback"] == [{"rating": "good", "comment": None, "time": "2026-11-22T10:30:00+00:00"}]
    assert [message["text"] for message in document["messages"]] == ["hei", "Hei!"]
    assert {key: document[key] for key in ("stored", "expires_at", "notice_version", "consented_at")} == {
        "stored": True,
        "expires_at": CONVERSATION["expires_at"],
        "notice_version": CONVERSATION["notice_version"],
        "consented_at": CONVERSATION["consented_at"],
    }


def test_the_document_says_when_it_was_made() -> None:
    made = datetime.datetime.fromisoformat(stored_document(_tables(), stored=True)["made_at"])

    assert abs(datetime.datetime.now(datetime.timezone.utc) - made) < datetime.timedelta(minutes=1)


def test_what_is_in_memory_alone_has_no_storage_period() -> None:
    document = stored_document({"conversations": [CONVERSATION], "events": EVENTS}, stored=False)

    assert (document["stored"], document["expires_at"], document["feedback"]) == (False, None, [])
    assert len(document["messages"]) == 2


@pytest.mark.parametrize("stored", [True, False])
def test_nothing_kept_is_an_empty_document(stored: bool) -> None:
    document = stored_document({"conversations": [], "events": []}, stored=stored)

    assert document["messages"] == []
    assert document["expires_at"] is None
    assert document["notice_version"] is None


def test_the_document_tells_the_code_by_which_staff_find_the_conversation() -> None:
    assert stored_document(_tables(), stored=True)["reference"] == reference_of("0a1b")
    only_feedback = _tables(conversations=[], events=[], feedback=[{**FEEDBACK[0], "sender_id": "0a1b"}])
    assert stored_document(only_feedback, stored=True)["reference"] == reference_of("0a1b")
    assert stored_document(_tables(), stored=False)["reference"] is None
    assert stored_document({"conversations": [], "events": []}, stored=True)["reference"] is None
