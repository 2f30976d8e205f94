from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from components.content.catalogue import CatalogueEntry, read_topics
from luotsi.content_checks.remarks import Remark
from luotsi.content_checks.similar import Vectors, check_similar_examples
from tests.content.samples import raw_topic, write_topics

DIMENSIONS = 600


class Encoder:
    """Gives each text an axis of its own, and texts of one meaning nearly the same vector.

    common: how much all vectors have in common, as those of real encoders do.
    """

    def __init__(self, *meanings: set[str], likeness: float = 0.99, common: float = 0.0) -> None:
        self._meanings = meanings
        self._likeness = likeness
        self._common = common
        self._axes: dict[str, int] = {}

    def __call__(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in enumerate(texts):
            meaning = next((str(sorted(same)) for same in self._meanings if text in same), None)
            vectors[row, self._axis(text)] = 1.0 if meaning is None else np.sqrt(1 - self._likeness)
            if meaning is not None:
                vectors[row, self._axis(meaning)] = np.sqrt(self._likeness)
            vectors[row, 0] = self._common
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def _axis(self, name: str) -> int:
        return self._axes.setdefault(name, len(self._axes) + 1)


def _entries(folder: Path, *, examples: int = 14) -> list[CatalogueEntry]:
    topics = [
        raw_topic(
            name,
            follow_up=[f"customs_{other}"],
            examples={
                language: [f"{word} {name} {number}" for number in range(examples)]
                for language, word in (("fi", "kysymys"), ("en", "question"))
            },
        )
        for name, other in (("parcel", "gift"), ("gift", "parcel"))
    ]
    write_topics(folder, *topics)
    entries, problems = read_topics(folder)
    assert problems == []
    return entries


def _told(entries: list[CatalogueEntry], encoder: Encoder) -> list[Remark]:
    return list(check_similar_examples(entries, encode=encoder))


def test_examples_of_two_topics_with_one_meaning_are_told(tmp_path: Path) -> None:
    entries = _entries(tmp_path)

    (remark,) = _told(entries, Encoder({"kysymys parcel 3", "kysymys gift 5"}))

    lines = entries[0].path.read_text(encoding="utf-8").splitlines()
    other = next(number for number, line in enumerate(lines, start=1) if line.strip() == "- kysymys gift 5")
    assert lines[remark.line - 1].strip() == "- kysymys parcel 3"
    assert (remark.kind, remark.topic) == ("one", "customs_parcel")
    assert (remark.values["other"], remark.values["other_example"]) == ("customs_gift", "kysymys gift 5")
    assert remark.values["place"] == f"parcels.yml:{other}"


def test_a_title_is_an_example_too(tmp_path: Path) -> None:
    (remark,) = _told(_entries(tmp_path), Encoder({"Title parcel", "question gift 5"}))

    assert remark.values["example"] == "Title parcel"


@pytest.mark.parametrize(
    "meaning",
    [
        pytest.param({"kysymys parcel 3", "kysymys parcel 4"}, id="one topic"),
        pytest.param({"kysymys parcel 3", "question gift 5"}, id="two languages"),
    ],
)
def test_what_confuses_no_two_topics_in_a_language_is_in_order(tmp_path: Path, meaning: set[str]) -> None:
    assert _told(_entries(tmp_path), Encoder(meaning)) == []


def test_two_topics_are_told_once_with_the_most_alike_pair(tmp_path: Path) -> None:
    entries = _entries(tmp_path)
    three = {"kysymys parcel 3", "kysymys parcel 4", "kysymys gift 5"}
    encoder = Encoder({"kysymys parcel 7", "kysymys gift 8"}, three, likeness=0.97)
    closer = Encoder({"kysymys parcel 7", "kysymys gift 8"}, likeness=0.999)

    def encode(texts: Sequence[str]) -> Vectors:
        vectors = encoder(texts)
        for row, text in enumerate(texts):
            if text in ("kysymys parcel 7", "kysymys gift 8"):
                vectors[row] = np.roll(closer(texts)[row], 300)
        return vectors

    (remark,) = check_similar_examples(entries, encode=encode)

    assert (remark.kind, remark.values["more"]) == ("more", "2")
    assert (remark.values["example"], remark.values["other_example"]) == ("kysymys parcel 7", "kysymys gift 8")


@pytest.mark.parametrize(("likeness", "told"), [(0.94, 0), (0.97, 1)])
def test_few_examples_are_compared_as_they_are(tmp_path: Path, likeness: float, told: int) -> None:
    encoder = Encoder({"kysymys parcel 3", "kysymys gift 5"}, likeness=likeness)

    assert len(_told(_entries(tmp_path), encoder)) == told


@pytest.mark.parametrize(("likeness", "told"), [(0.70, 0), (0.80, 1)])
def test_what_all_vectors_have_in_common_is_taken_away_first(tmp_path: Path, likeness: float, told: int) -> None:
    encoder = Encoder({"kysymys parcel 3", "kysymys gift 5"}, likeness=likeness, common=5.0)

    assert len(_told(_entries(tmp_path, examples=100), encoder)) == told


def test_the_same_letters_are_left_to_the_catalogue(tmp_path: Path) -> None:
    path = write_topics(
        tmp_path,
        raw_topic("parcel", follow_up=["customs_gift"], title={"fi": "Kysymys gift 5!", "en": "x"}),
        raw_topic("gift"),
    )
    entries, _ = read_topics(path.parents[1])

    assert _told(entries, Encoder({"Kysymys gift 5!", "kysymys gift 5"})) == []


def test_all_examples_are_encoded_in_one_go(tmp_path: Path) -> None:
    asked: list[int] = []
    encoder = Encoder()

    def encode(texts: Sequence[str]) -> Vectors:
        asked.append(len(texts))
        return encoder(texts)

    list(check_similar_examples(_entries(tmp_path), encode=encode))

    assert asked == [60]


def test_no_topics_have_nothing_in_common() -> None:
    assert _told([], Encoder()) == []
