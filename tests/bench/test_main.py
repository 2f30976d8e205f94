"""The command's arguments."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.__main__ import main


@pytest.mark.parametrize(
    ("content", "message"), [(None, "No such file"), ("lang\tintent\ttext\nfi\tcustoms_gift\t\n", ":2: a row needs")]
)
def test_a_bad_file_of_questions_is_refused_before_anything_is_measured(
    content: str | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "questions.tsv"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    assert main(["--questions", str(file)]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
