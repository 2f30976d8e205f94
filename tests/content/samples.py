"""Topics that are in order, for tests to spoil."""

from __future__ import annotations

import copy
import textwrap
from pathlib import Path
from typing import Any

import yaml

from components.content.catalogue import CatalogueEntry, read_topics

RawTopic = dict[str, Any]


def raw_topic(identifier: str = "gift", **changes: Any) -> RawTopic:
    """Return a topic as an editor writes it, with some fields changed; no two identifiers share any line."""
    topic: RawTopic = {
        "id": identifier,
        "title": {"fi": f"Otsikko {identifier}", "en": f"Title {identifier}"},
        "audience": "private",
        "examples": {
            "fi": [f"kysymys {identifier} {number}" for number in range(14)],
            "en": [f"question {identifier} {number}" for number in range(14)],
        },
        "answer": {"fi": "sana " * 40, "en": "word " * 40},
        "follow_up": ["customs_parcel"],
        "links": [{"title": {"fi": "Laskuri"}, "url": {"fi": "https://tulli.fi/laskuri"}}],
        "sources": [
            {
                "title": {"fi": "Tulli: lahjat", "en": "Customs: gifts"},
                "url": {"fi": "https://tulli.fi/lahjat", "en": "https://tulli.fi/en/gifts"},
            }
        ],
        "reviewed": "2026-10-01",
        "volatile": True,
    }
    topic.update(copy.deepcopy(changes))
    return topic


def write_topics(folder: Path, *topics: object, file: str = "customs/parcels.yml") -> Path:
    """Write topics to `<folder>/<file>` and return its path."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({"topics": list(topics)}, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def write_text(folder: Path, text: str, file: str = "customs/parcels.yml") -> Path:
    """Write a file literally and return its path."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def sound_topics() -> list[RawTopic]:
    """Return two topics that follow each other up."""
    return [raw_topic("parcel", follow_up=["customs_gift"]), raw_topic("gift")]


def answer_with(text: str) -> str:
    """Return an answer that says a text and is long enough; what is added holds no number and is easy to read."""
    return f"{text} {'Se on oma. ' * 14}".strip()


def gift_entries(folder: Path, **changes: Any) -> list[CatalogueEntry]:
    """Return the one topic customs_gift, read from a file, with some fields changed."""
    write_topics(folder, raw_topic("parcel", follow_up=["customs_gift"]), raw_topic("gift", **changes))
    entries, problems = read_topics(folder)
    assert problems == []
    return [entry for entry in entries if entry.name == "customs_gift"]


def write_topic_list(folder: Path, *names: str) -> Path:
    """Write a list of topics and return its path; the first topic stands on line 2."""
    lines = [f'  {name}: {{fi: "Mikä {name}?", en: "What is {name}?"}}' for name in names]
    return write_text(folder, "\n".join(["topics:", *lines]) + "\n", file="topics.yml")
