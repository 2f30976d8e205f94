"""The topics of the content, as the reports name them."""

from __future__ import annotations

import functools
from pathlib import Path

from components.content.catalogue import Catalogue, load_catalogue

FAQ = Path(__file__).resolve().parents[1] / "data" / "faq"


@functools.cache
def topics() -> Catalogue:
    """Return the topics; reading them takes some seconds the first time."""
    return load_catalogue(FAQ)


def title_of(topic: str, language: str) -> str:
    """Return a topic's short name, or its full name when the content no longer has it."""
    entry = topics().get(topic)
    return entry.title(language) if entry is not None else topic
