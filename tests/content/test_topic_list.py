from __future__ import annotations

from pathlib import Path

import pytest

from components.content.catalogue import ContentError, load_catalogue, read_topics
from components.content.topic_list import TopicListError, load_topic_list
from tests.content.samples import raw_topic, sound_topics, write_text, write_topic_list, write_topics

FAQ = Path(__file__).parents[2] / "data" / "faq"


def test_the_list_knows_questions_and_lines(tmp_path: Path) -> None:
    listed = load_topic_list(write_topic_list(tmp_path, "customs_gift", "immigration_fee"))

    assert list(listed) == ["customs_gift", "immigration_fee"]
    assert (listed["customs_gift"].fi, listed["customs_gift"].en) == ("Mikä customs_gift?", "What is customs_gift?")
    assert [topic.line for topic in listed.values()] == [2, 3]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("- customs_gift\n", (1, "start the file with 'topics:' and one topic a line"), id="a list"),
        pytest.param(
            'topics:\n  customs_gift: {fi: "a", en: "b"\n  x: 1\n',
            (3, "mend the YAML (indentation, quotes, repeated keys)"),
            id="syntax",
        ),
        pytest.param(
            'topics:\n  customs_gift: {fi: "a"}\n', (2, "'topics.customs_gift.en' is missing; add it"), id="language"
        ),
        pytest.param(
            'topics:\n  gift: {fi: "a", en: "b"}\n', (2, "is no full name of a topic; start it with immigr"), id="name"
        ),
        pytest.param(
            'topics:\n  customs_gift: "a"\n', (2, "write the question in both languages"), id="one text for both"
        ),
        pytest.param(
            'topics:\n  customs_gift: {fi: "a", en: "b", sv: "c"}\n',
            (2, "'topics.customs_gift.sv' is not known here; check its spelling"),
            id="another language",
        ),
        pytest.param(
            'topics:\n  customs_gift: {fi: "a", en: }\n', (2, "'topics.customs_gift.en' is empty; write it"), id="empty"
        ),
        pytest.param('topic:\n  customs_gift: {fi: "a", en: "b"}\n', (2, "'topic' is not known here"), id="key"),
    ],
)
def test_a_faulty_list_names_line_and_mend(tmp_path: Path, text: str, fault: tuple[int, str]) -> None:
    with pytest.raises(TopicListError) as raised:
        load_topic_list(write_text(tmp_path, text, file="topics.yml"))

    assert any(line == fault[0] and fault[1] in message for line, message in raised.value.faults)


def test_a_faulty_list_is_an_error_of_the_catalogue(tmp_path: Path) -> None:
    write_topics(tmp_path, *sound_topics())
    path = write_text(tmp_path, "topics: nothing\n", file="topics.yml")

    (problem,) = read_topics(tmp_path)[1]

    assert str(problem).startswith(f"{path}:1: ")


def test_a_listed_topic_without_an_entry_stops_the_training(tmp_path: Path) -> None:
    write_topics(tmp_path, *sound_topics())
    path = write_topic_list(tmp_path, "customs_parcel", "customs_gift", "customs_snus")

    with pytest.raises(ContentError) as raised:
        load_catalogue(tmp_path)

    assert str(raised.value) == (
        f"{path}:4: topic customs_snus: the topic is in the list but in no file; "
        f"write it in {tmp_path / 'customs'}/ or take it off the list"
    )


def test_listed_topics_that_are_all_there_are_in_order(tmp_path: Path) -> None:
    write_topics(tmp_path, *sound_topics())
    write_topic_list(tmp_path, "customs_parcel", "customs_gift")

    assert set(load_catalogue(tmp_path)) == {"customs_parcel", "customs_gift"}


def test_a_faulty_topic_is_not_missing_as_well(tmp_path: Path) -> None:
    write_topics(tmp_path, raw_topic("parcel", follow_up=["customs_gift"]), raw_topic("gift", audience="nobody"))
    write_topic_list(tmp_path, "customs_parcel", "customs_gift")

    problems = read_topics(tmp_path)[1]

    assert ["'audience'" in problem.message for problem in problems] == [True]


def test_of_an_unreadable_file_nobody_knows_what_is_missing(tmp_path: Path) -> None:
    write_topics(tmp_path, *sound_topics())
    write_text(tmp_path, "topics: [\n", file="customs/broken.yml")
    write_topic_list(tmp_path, "customs_parcel", "customs_gift", "customs_snus")

    problems = read_topics(tmp_path)[1]

    assert [problem.path.name for problem in problems] == ["broken.yml"]


def test_our_list_names_every_topic_and_no_other() -> None:
    assert set(load_topic_list(FAQ / "topics.yml")) == set(load_catalogue(FAQ))


@pytest.mark.parametrize("language", ["fi", "en"])
def test_our_list_asks_a_question_of_its_own_for_each_topic(language: str) -> None:
    questions = [getattr(topic, language) for topic in load_topic_list(FAQ / "topics.yml").values()]

    assert len(set(questions)) == len(questions)
    assert [question for question in questions if not question.endswith(("?", "scam?"))] == []
