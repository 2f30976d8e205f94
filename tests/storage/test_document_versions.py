"""Versions of documents: one more only when the words differ."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.engine import Engine

from components.storage import document_versions

from .rows import DAY, NOW, new_database


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = new_database(url)
    yield opened
    opened.dispose()


def test_a_version_is_kept_only_when_it_says_something_else(engine: Engine) -> None:
    said = ["ä first", "ä first", "second", "ä first"]
    with engine.begin() as connection:
        kept = [
            document_versions.keep(connection, "notice fi", text, now=NOW + day * DAY) for day, text in enumerate(said)
        ]
        document_versions.keep(connection, "notice en", "other", now=NOW)

    assert kept == [True, False, True, True]
    with engine.connect() as connection:
        found = document_versions.versions(connection, "notice fi")
        assert document_versions.versions(connection, "record fi") == []
    assert [(each.text, each.made_at) for each in found] == [
        ("ä first", NOW + 3 * DAY),
        ("second", NOW + 2 * DAY),
        ("ä first", NOW),
    ]
    assert {each.kind for each in found} == {"notice fi"}
