"""A type that no model of ours holds."""

from __future__ import annotations


class Foreign:
    """Stands for code that somebody slipped into a model file."""

    def __init__(self) -> None:
        self.value = 1
