from __future__ import annotations

from pathlib import Path

import pytest

from luotsi.content_checks.examples import ENOUGH, check_examples
from tests.content.samples import gift_entries


def _examples(**counts: int) -> dict[str, list[str]]:
    return {language: [f"{language} {number}" for number in range(count)] for language, count in counts.items()}


@pytest.mark.parametrize(
    ("finnish", "english", "kinds"),
    [
        (ENOUGH, ENOUGH, []),
        (ENOUGH - 1, ENOUGH, ["few_fi"]),
        (ENOUGH, ENOUGH - 1, ["few_en"]),
        (ENOUGH - 1, ENOUGH - 2, ["few_fi", "few_en"]),
    ],
)
def test_few_examples_in_a_language_are_told(tmp_path: Path, finnish: int, english: int, kinds: list[str]) -> None:
    entries = gift_entries(tmp_path, examples=_examples(fi=finnish, en=english))

    assert [remark.kind for remark in check_examples(entries)] == kinds


def test_the_remark_leads_to_the_examples_of_the_language(tmp_path: Path) -> None:
    (entry,) = gift_entries(tmp_path, examples=_examples(fi=ENOUGH, en=14))

    (remark,) = check_examples([entry])

    lines = entry.path.read_text(encoding="utf-8").splitlines()
    assert lines[remark.line - 1].strip() == "- en 0"
    assert (remark.topic, remark.values["count"], remark.values["enough"]) == ("customs_gift", "14", "16")
