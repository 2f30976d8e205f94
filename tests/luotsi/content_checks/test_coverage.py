from __future__ import annotations

from pathlib import Path

from luotsi.content_checks.coverage import check_coverage
from tests.content.samples import gift_entries, write_text, write_topic_list


def test_a_topic_that_is_not_listed_is_told(tmp_path: Path) -> None:
    (entry,) = gift_entries(tmp_path)
    write_topic_list(tmp_path, "customs_parcel")

    (remark,) = check_coverage([entry], folder=tmp_path)

    assert (remark.kind, remark.topic, remark.path) == ("extra", "customs_gift", entry.path)
    assert entry.path.read_text(encoding="utf-8").splitlines()[remark.line - 1] == "- id: gift"


def test_a_listed_topic_is_in_order(tmp_path: Path) -> None:
    entries = gift_entries(tmp_path)
    write_topic_list(tmp_path, "customs_parcel", "customs_gift")

    assert list(check_coverage(entries, folder=tmp_path)) == []


def test_a_folder_without_a_list_is_told_once(tmp_path: Path) -> None:
    entries = gift_entries(tmp_path)

    (remark,) = check_coverage(entries, folder=tmp_path)

    assert (remark.kind, remark.topic, remark.path) == ("no_list", None, tmp_path / "topics.yml")


def test_a_faulty_list_is_left_to_the_catalogue(tmp_path: Path) -> None:
    entries = gift_entries(tmp_path)
    write_text(tmp_path, "topics: [", file="topics.yml")

    assert list(check_coverage(entries, folder=tmp_path)) == []
