"""`luotsi content`: what it prints, what it writes and how it ends."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from components.nlu import example_vectors
from luotsi import cross_validation
from luotsi.cli import main
from luotsi.commands import content
from luotsi.evaluation import Outcome, Question
from tests.content.samples import answer_with, raw_topic, sound_topics, write_topic_list, write_topics

NAMES = ("customs_parcel", "customs_gift")


def _examples(identifier: str) -> dict[str, list[str]]:
    return {
        "fi": [f"kysymys {identifier} {number}" for number in range(16)],
        "en": [f"question {identifier} {number}" for number in range(16)],
    }


def _write_sound(folder: Path) -> None:
    topics = sound_topics()
    for topic in topics:
        today = datetime.datetime.now(datetime.timezone.utc).date()
        answer = {"fi": answer_with("Saat sen."), "en": answer_with("You may.")}
        topic.update(examples=_examples(topic["id"]), reviewed=today, answer=answer)
    write_topics(folder, *topics)
    write_topic_list(folder, *NAMES)


def _write_thin(folder: Path) -> None:
    write_topics(folder, *sound_topics())
    write_topic_list(folder, *NAMES)


def _unlike(texts: Sequence[str]) -> object:
    return np.eye(len(texts), dtype=np.float32)


@pytest.fixture(autouse=True)
def _vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(example_vectors, "encode_examples", _unlike)


def test_sound_content_has_no_remarks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write_sound(tmp_path)

    assert main(["content", "check", str(tmp_path)]) == 0

    said = capsys.readouterr()
    assert said.out == "2 topics in order (2 customs); examples: 32 fi, 32 en; remarks: 0.\n"
    assert said.err == ""


def test_remarks_are_told_and_stop_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write_thin(tmp_path)

    assert main(["content", "check", str(tmp_path)]) == 0

    said = capsys.readouterr()
    first, *remarks, last = said.out.splitlines()
    assert first == "Remarks, which do not stop the training:"
    assert "only 14 Finnish examples; write at least 16" in remarks[0]
    assert last.endswith(f"remarks: {len(remarks)}.")
    assert said.err == ""


def test_strict_counts_remarks_as_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write_thin(tmp_path)

    assert main(["content", "check", "--strict", str(tmp_path)]) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert "only 14 Finnish examples; write at least 16" in said.err
    assert "--strict counts remarks as errors" in said.err.splitlines()[-1]


def test_strict_passes_sound_content(tmp_path: Path) -> None:
    _write_sound(tmp_path)

    assert main(["content", "check", "--strict", str(tmp_path)]) == 0


def test_errors_stand_apart_from_remarks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_topics(tmp_path, raw_topic("parcel", follow_up=["customs_gift"]), raw_topic("gift", audience="nobody"))
    write_topic_list(tmp_path, *NAMES)

    assert main(["content", "check", str(tmp_path)]) == 1

    said = capsys.readouterr()
    assert "'audience'" in said.err
    assert "'audience'" not in said.out
    assert "topic customs_parcel: only 14 Finnish examples" in said.out
    assert "training refuses this content" in said.err.splitlines()[-1]


@pytest.mark.parametrize("field", ["title", "answer", "examples", "plain"])
@pytest.mark.parametrize(("language", "other"), [("fi", "en"), ("en", "fi")])
def test_a_missing_language_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], field: str, language: str, other: str
) -> None:
    gift = raw_topic("gift", plain={"fi": "Saat sen.", "en": "You may."})
    del gift[field][language]
    path = write_topics(tmp_path, raw_topic("parcel", follow_up=["customs_gift"]), gift)

    assert main(["content", "check", "--quick", str(tmp_path)]) == 1

    error = capsys.readouterr().err
    assert f"topic customs_gift: '{field}.{language}' is missing; add it" in error
    number = int(error.split(f"{path}:")[1].partition(":")[0])
    assert path.read_text(encoding="utf-8").splitlines()[number - 1].strip().startswith(f"{other}:")


def test_a_topic_that_is_missing_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write_sound(tmp_path)
    path = write_topic_list(tmp_path, *NAMES, "customs_snus")

    assert main(["content", "check", str(tmp_path)]) == 1
    assert f"{path}:4: topic customs_snus: the topic is in the list but in no file" in capsys.readouterr().err


def test_similar_examples_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _write_sound(tmp_path)
    monkeypatch.setattr(example_vectors, "encode_examples", lambda texts: np.ones((len(texts), 1), dtype=np.float32))

    assert main(["content", "check", str(tmp_path)]) == 0
    assert "is nearly the same as" in capsys.readouterr().out


def test_the_quick_check_encodes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write_sound(tmp_path)

    def fail(texts: Sequence[str]) -> None:
        raise AssertionError("encoded")

    monkeypatch.setattr(example_vectors, "encode_examples", fail)

    assert main(["content", "check", "--quick", str(tmp_path)]) == 0


def test_paths_below_the_current_folder_are_short(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _write_thin(tmp_path)
    monkeypatch.chdir(tmp_path)

    main(["content", "check", "--quick", str(tmp_path)])

    assert capsys.readouterr().out.splitlines()[1].startswith("customs/parcels.yml:")


@pytest.fixture
def own_content(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Two topics as the content of the project, and a file of announcements to be written."""
    monkeypatch.setattr(content, "FAQ", tmp_path / "faq")
    _write_sound(tmp_path / "faq")
    path = tmp_path / "announcements.yml"
    monkeypatch.setenv("LUOTSI_ANNOUNCEMENTS", str(path))
    return path


def test_faults_of_the_announcements_are_errors(own_content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own_content.write_text("announcements: []\nhours: none\nholiday: []\n", encoding="utf-8")

    assert main(["content", "check", "--quick"]) == 1

    error = capsys.readouterr().err
    assert f"{own_content}:2: 'hours' is not a list; start each entry with '- '" in error
    assert f"{own_content}:3: 'holiday' is not a known key" in error
    assert error.splitlines()[-1].endswith("the server keeps the announcements that it read before.")


def test_announcements_in_order_are_no_error(own_content: Path) -> None:
    own_content.write_text("announcements: []\nhours: []\n", encoding="utf-8")

    assert main(["content", "check", "--quick"]) == 0


def test_a_folder_is_checked_without_the_announcements(own_content: Path, tmp_path: Path) -> None:
    _write_sound(tmp_path / "other")

    assert not own_content.exists()
    assert main(["content", "check", "--quick", str(tmp_path / "other")]) == 0


@pytest.fixture
def folds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """Two topics as the content, and the folds of each cross-validation that was asked for."""
    asked: list[int] = []

    def cross_validate(*, folds: int, progress: object) -> list[Outcome]:
        asked.append(folds)
        return [Outcome(Question("en", "customs_gift", "a tin for me"), "customs_parcel", ("customs_parcel",), 0.9)]

    monkeypatch.setattr(cross_validation, "cross_validate", cross_validate)
    monkeypatch.setattr(content, "FAQ", tmp_path / "faq")
    _write_sound(tmp_path / "faq")
    return asked


def test_the_report_is_written(folds: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["content", "report", "--output", str(tmp_path / "out"), "--language", "en"]) == 0

    page = (tmp_path / "out" / "report.en.html").read_text(encoding="utf-8")
    assert "a tin for me" in page
    assert folds == [5]
    assert capsys.readouterr().out.splitlines()[-1].endswith(f"The report: {tmp_path / 'out' / 'report.en.html'}")


def test_the_report_is_in_finnish_unless_told_otherwise(folds: list[int], tmp_path: Path) -> None:
    main(["content", "report", "--output", str(tmp_path)])

    assert '<html lang="fi">' in (tmp_path / "report.fi.html").read_text(encoding="utf-8")


def test_a_quick_report_measures_nothing(folds: list[int], tmp_path: Path) -> None:
    assert main(["content", "report", "--quick", "--output", str(tmp_path)]) == 0

    assert folds == []
    assert 'id="measured"' not in (tmp_path / "report.fi.html").read_text(encoding="utf-8")


def test_there_is_no_report_on_faulty_content(
    folds: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_topics(content.FAQ, raw_topic("gift", audience="nobody"), file="customs/gifts.yml")

    assert main(["content", "report", "--output", str(tmp_path / "out")]) == 1
    assert "luotsi content check" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_report_that_cannot_be_written_is_explained(
    folds: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    assert main(["content", "report", "--quick", "--output", str(tmp_path / "file")]) == 2
    assert "choose another --output" in capsys.readouterr().err
