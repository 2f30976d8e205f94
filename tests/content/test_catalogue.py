from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from components.content.catalogue import ContentError, load_catalogue, read_topics
from tests.content.samples import raw_topic, sound_topics, write_text, write_topics


def _messages(folder: Path) -> list[str]:
    return [f"{problem.topic}: {problem.message}" for problem in read_topics(folder)[1]]


def test_sound_content_is_loaded_in_file_order(tmp_path: Path) -> None:
    write_topics(tmp_path, *sound_topics())
    write_topics(tmp_path, raw_topic("fee", follow_up=["customs_gift"]), file="immigration/fees.yml")

    catalogue = load_catalogue(tmp_path)

    assert list(catalogue) == ["customs_parcel", "customs_gift", "immigration_fee"]
    assert len(catalogue) == 3


def test_an_entry_knows_its_names_and_texts(tmp_path: Path) -> None:
    path = write_topics(tmp_path, *sound_topics())

    entry = load_catalogue(tmp_path)["customs_gift"]

    assert (entry.name, entry.agency, entry.group) == ("customs_gift", "customs", "parcels")
    assert (entry.title("fi"), entry.title("en")) == ("Otsikko gift", "Title gift")
    assert entry.examples("en")[3] == "question gift 3"
    assert entry.answer("fi").split() == ["sana"] * 40
    assert path.read_text(encoding="utf-8").splitlines()[entry.line - 1] == "- id: gift"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            {"title": {"fi": "OTSIKKO parcel", "en": "Other"}},
            "customs_gift: the fi title is the same as that of customs_parcel; make it tell them apart",
            id="title",
        ),
        pytest.param(
            {"follow_up": ["customs_nothing"]},
            "customs_gift: 'follow_up' names customs_nothing, which does not exist; use a full name of a topic",
            id="unknown follow-up",
        ),
        pytest.param(
            {"follow_up": ["parcel"]},
            "customs_gift: 'follow_up' names parcel, which does not exist; use a full name of a topic",
            id="short name as follow-up",
        ),
        pytest.param(
            {"follow_up": ["customs_gift"]},
            "customs_gift: 'follow_up' names the topic itself; name others",
            id="itself as follow-up",
        ),
        pytest.param(
            {
                "examples": {
                    "fi": [f"kysymys {n}" for n in range(14)],
                    "en": [*[f"q {n}" for n in range(14)], "Question,  PARCEL: 3?"],
                }
            },
            "customs_gift: the example 'Question,  PARCEL: 3?' stands also in customs_parcel; keep it in one of them",
            id="example but for case and punctuation",
        ),
        pytest.param(
            {
                "examples": {
                    "fi": [*[f"kysymys {n}" for n in range(14)], "question parcel 3"],
                    "en": [f"q {n}" for n in range(14)],
                }
            },
            "customs_gift: the example 'question parcel 3' stands also in customs_parcel; keep it in one of them",
            id="example in the other language",
        ),
    ],
)
def test_a_conflict_between_topics_is_reported(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = write_topics(tmp_path, sound_topics()[0], raw_topic(**changes))

    problems = read_topics(tmp_path)[1]

    assert [f"{problem.topic}: {problem.message}" for problem in problems] == [message]
    assert path.read_text(encoding="utf-8").splitlines()[problems[0].line - 1] == "- id: gift"


def test_an_id_used_in_two_files_is_reported_with_its_first_place(tmp_path: Path) -> None:
    first = write_topics(tmp_path, *sound_topics(), file="customs/a.yml")
    second = write_topics(tmp_path, raw_topic("other") | {"id": "gift"}, file="customs/b.yml")

    problems = read_topics(tmp_path)[1]

    assert [problem.path for problem in problems] == [second]
    line = first.read_text(encoding="utf-8").splitlines().index("- id: gift") + 1
    assert f"the id is used already in {first}:{line}; choose another" in problems[0].message


def test_the_same_id_in_both_agencies_is_two_topics(tmp_path: Path) -> None:
    write_topics(tmp_path, *sound_topics())
    write_topics(tmp_path, raw_topic("other") | {"id": "gift"}, file="immigration/a.yml")

    assert {"customs_gift", "immigration_gift"} <= set(load_catalogue(tmp_path))


def test_a_faulty_topic_may_still_be_followed_up(tmp_path: Path) -> None:
    write_topics(tmp_path, sound_topics()[0], raw_topic(volatile="maybe"))

    assert [message for message in _messages(tmp_path) if "follow_up" in message] == []


def test_a_faulty_topic_hides_no_fault_of_another(tmp_path: Path) -> None:
    write_topics(tmp_path, raw_topic("parcel", follow_up=["customs_parcel"]), raw_topic(volatile="maybe"))

    assert len(_messages(tmp_path)) == 2


def test_topics_of_an_unreadable_file_are_not_called_missing(tmp_path: Path) -> None:
    write_topics(tmp_path, sound_topics()[0])
    write_text(tmp_path, "topics: [", file="customs/gifts.yml")

    assert len(_messages(tmp_path)) == 1


@pytest.mark.parametrize("file", ["taxes/a.yml", "a.yml", "customs/parcels/a.yaml"])
def test_a_file_outside_of_the_agencies_is_refused(tmp_path: Path, file: str) -> None:
    write_topics(tmp_path, *sound_topics())
    path = write_topics(tmp_path, raw_topic("other"), file=file)

    problems = read_topics(tmp_path)[1]

    assert [problem.path for problem in problems] == [path]
    assert "move the file to" in problems[0].message
    assert "agencies are immigration, customs" in problems[0].message


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="the folder does not exist; topics live in data/faq"):
        load_catalogue(tmp_path / "nothing")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="there are no topics; add data/faq"):
        load_catalogue(tmp_path)


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    write_topics(
        tmp_path, raw_topic("parcel", audience="all", volatile="maybe", follow_up=["customs_gift"]), raw_topic()
    )
    write_text(tmp_path, "- x", file="immigration/a.yml")

    with pytest.raises(ContentError) as caught:
        load_catalogue(tmp_path)

    assert len(caught.value.problems) == 3
    assert str(caught.value).count("\n") == 2
