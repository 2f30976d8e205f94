"""Copies of conversations, and the tables of the console's measurement."""

from __future__ import annotations

import datetime

import pytest

from bench import console
from bench.console import LIMITS, PAGES, by_page, copied_id, copy_of
from components.storage.references import reference_of

NOW = datetime.datetime(2026, 11, 20, 12, 0, tzinfo=datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
ROWS = {
    "conversations": [{"sender_id": "a", "last_event_at": NOW, "expires_at": NOW + 730 * DAY, "channel": "demo"}],
    "indexed_conversations": [{"sender_id": "a", "reference": reference_of("a"), "started_at": NOW}],
    "events": [{"id": 7, "sender_id": "a", "occurred_at": NOW, "data": "{}"}],
    "feedback": [],
}


def test_a_copy_has_an_id_a_reference_and_times_of_its_own() -> None:
    made = copy_of(ROWS, 3, earlier=2 * DAY)
    sender_id = copied_id("a", 3)
    assert made["conversations"] == [
        {"sender_id": sender_id, "last_event_at": NOW - 2 * DAY, "expires_at": NOW + 728 * DAY, "channel": "demo"}
    ]
    assert made["indexed_conversations"][0]["reference"] == reference_of(sender_id)
    assert made["events"] == [{"sender_id": sender_id, "occurred_at": NOW - 2 * DAY, "data": "{}"}]
    assert made["feedback"] == []
    assert ROWS["events"][0]["id"] == 7


def test_copies_are_told_apart_and_always_the_same() -> None:
    assert len({copied_id(sender, copy) for sender in "ab" for copy in range(3)}) == 6
    assert copied_id("a", 1) == copied_id("a", 1)
    assert len(copied_id("a", 1)) == 32


def test_conversations_stay_whole_in_their_groups() -> None:
    senders = [str(number) for number in range(1_000)]
    rows = {
        "conversations": [{"sender_id": sender} for sender in senders],
        "events": [{"sender_id": sender, "id": place} for place in range(3) for sender in senders],
    }
    groups = console._grouped(rows)
    assert [len(group["conversations"]) for group in groups] == [200] * 5
    for group in groups:
        own = {row["sender_id"] for row in group["conversations"]}
        assert {row["sender_id"] for row in group["events"]} == own
        assert len(group["events"]) == 600


def test_each_page_is_told_with_its_percentiles() -> None:
    assert by_page({"list": [float(value) for value in range(1, 101)]}) == [["list", "50.0", "95.0"]]


def test_every_kind_of_filter_is_measured_and_the_targets_are_those_promised() -> None:
    asked = " ".join(page.path for page in PAGES)
    for name in (
        *("since", "until", "language", "channel", "agency", "topic", "confidence_below", "fallback", "feedback"),
        *("label", "special_category", "handoff", "questions_from", "questions_to", "reviewed", "tag", "words"),
    ):
        assert f"{name}=" in asked
    assert len({page.name for page in PAGES}) == len(PAGES)
    assert LIMITS == {"sqlite": 500.0, "postgresql": 300.0}


def test_a_small_database_is_filled_and_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console, "TEMPLATES", 12)
    monkeypatch.setattr(console, "LIMITS", {"sqlite": 60_000.0})
    assert console.main(["--events", "900", "--repetitions", "1", "--database", "sqlite"]) == 0
    printed = capsys.readouterr().out
    assert all(page.name in printed for page in PAGES)
    monkeypatch.setattr(console, "LIMITS", {"sqlite": 0.0})
    assert console.main(["--events", "900", "--repetitions", "1", "--database", "sqlite"]) == 1
