"""Choosing one of several options by its number or place."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import yaml


def option_number(text: str, options: int) -> int | None:
    """Return which of `options` options a customer means, counted from 1, or None."""
    number: int | None = None
    digits = re.findall(r"(?<![\w.,])\d{1,2}(?!\w|[.,]\w)", text)
    words = re.findall(r"\w+", text.lower())
    if digits:
        number = int(digits[0])
    else:
        number = next((value for word in words if (value := _number_words().get(word)) is not None), None)
    if number == -1:
        number = options
    return number if number is not None and 1 <= number <= options else None


@functools.cache
def _number_words() -> dict[str, int]:
    lists: dict[str, list[str]] = yaml.safe_load(
        (Path(__file__).parent / "vocabulary" / "number_words.yml").read_text("utf-8")
    )
    return {word: -1 if number == "last" else int(number) for number, words in lists.items() for word in words}
