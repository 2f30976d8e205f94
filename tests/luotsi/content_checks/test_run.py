from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from components.content.catalogue import read_topics
from luotsi.content_checks.run import CHECKS, check_content
from luotsi.content_checks.similar import Vectors
from luotsi.content_checks.words import line
from tests.content.samples import answer_with, raw_topic, write_topics

TODAY = datetime.date(2027, 12, 31)
HARD = "Maahantuontirajoituksista tiedotetaan matkustajille verkkosivuillamme kansainvälistymisen helpottamiseksi. " * 8


def _alike(texts: Sequence[str]) -> Vectors:
    return np.ones((len(texts), 1), dtype=np.float32)


def _spoilt(folder: Path) -> None:
    page = {"title": {"fi": "Sivu"}, "url": {"fi": "https://staging.tulli.fi/a"}}
    english = answer_with("150 euros.")
    write_topics(
        folder,
        raw_topic("parcel", follow_up=["customs_gift"], links=[page], answer={"fi": HARD, "en": english}),
        raw_topic("gift"),
    )


def test_every_check_takes_part(tmp_path: Path) -> None:
    _spoilt(tmp_path)
    entries, _ = read_topics(tmp_path)

    remarks = check_content(entries, folder=tmp_path, today=TODAY, encode=_alike)

    assert {remark.check for remark in remarks} == set(CHECKS)
    assert all(line(remark) for remark in remarks)


def test_remarks_stand_in_the_order_of_the_files(tmp_path: Path) -> None:
    _spoilt(tmp_path)
    entries, _ = read_topics(tmp_path)

    remarks = check_content(entries, folder=tmp_path, today=TODAY, encode=_alike)

    places = [(str(remark.path), remark.line) for remark in remarks]
    assert len(places) > 6
    assert places == sorted(places)


def test_without_vectors_nobody_looks_for_similar_examples(tmp_path: Path) -> None:
    _spoilt(tmp_path)
    entries, _ = read_topics(tmp_path)

    remarks = check_content(entries, folder=tmp_path, today=TODAY)

    assert {remark.check for remark in remarks} == set(CHECKS) - {"similar"}
