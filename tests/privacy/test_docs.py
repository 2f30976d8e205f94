"""The table of recognisers says what the code does."""

import re
from pathlib import Path

import pytest

from components.privacy import anonymise
from components.privacy.engine import labels

PAGE = Path(__file__).parents[2] / "docs" / "privacy" / "recognisers.md"
ROWS = re.findall(r"^\| `([A-Z_]+)` \| `(.+?)` \| `(.+?)` \|$", PAGE.read_text(encoding="utf-8"), re.M)


def test_every_label_has_a_row() -> None:
    assert sorted(label for label, _, _ in ROWS) == sorted(labels())


@pytest.mark.parametrize(("label", "text"), [(label, masked) for label, masked, _ in ROWS])
def test_masked_examples(label: str, text: str) -> None:
    assert anonymise(text).labels == (label,)


@pytest.mark.parametrize("text", [kept for _, _, kept in ROWS])
def test_kept_examples(text: str) -> None:
    assert anonymise(text).text == text
