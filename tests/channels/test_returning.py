from __future__ import annotations

import datetime

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from components.channels.returning import is_coming_back

NOW = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.timezone.utc)
MINUTES = 60


def _domain(minutes: int = 60) -> Domain:
    return Domain.from_dict({"session_config": {"session_expiration_time": minutes}})


def _tracker(*events: Event) -> DialogueStateTracker:
    return DialogueStateTracker.from_events("test", [ActionExecuted("action_session_start"), SessionStarted(), *events])


def _says(text: str, minutes_ago: float, **metadata: str) -> UserUttered:
    return UserUttered(text, timestamp=NOW.timestamp() - minutes_ago * MINUTES, metadata=metadata)


@pytest.mark.parametrize(("minutes_ago", "expected"), [(59, False), (60, False), (61, True), (600, True)])
def test_a_session_ends_an_hour_after_the_latest_message(minutes_ago: float, expected: bool) -> None:
    tracker = _tracker(_says("paljonko lupa maksaa", minutes_ago))

    assert is_coming_back(tracker, _domain(), NOW) is expected


def test_only_the_customer_s_own_messages_count() -> None:
    tracker = _tracker(_says("hei", 61), BotUttered("Hei!", timestamp=NOW.timestamp()))

    assert is_coming_back(tracker, _domain(), NOW)


def test_the_latest_message_counts() -> None:
    assert not is_coming_back(_tracker(_says("hei", 300), _says("lupa?", 5)), _domain(), NOW)


def test_who_only_opened_the_page_does_not_come_back() -> None:
    assert not is_coming_back(_tracker(_says("/opening", 300)), _domain(), NOW)


def test_a_pressed_button_is_something_that_was_said() -> None:
    assert is_coming_back(_tracker(_says("/customs_gift", 300, shown="Lahja")), _domain(), NOW)


def test_a_new_customer_does_not_come_back() -> None:
    assert not is_coming_back(None, _domain(), NOW)
    assert not is_coming_back(_tracker(), _domain(), NOW)


def test_without_sessions_nobody_comes_back() -> None:
    assert not is_coming_back(_tracker(_says("hei", 10_000)), _domain(0), NOW)
