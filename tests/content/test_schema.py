from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from components.content.catalogue import Problem, read_topics
from components.content.schema import Page, word_count
from tests.content.samples import raw_topic, write_text, write_topics

TOMORROW_NEXT_YEAR = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=366)).date().isoformat()


def _page(title: dict[str, Any], url: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"title": title, "url": url}]


def _answer(fi: object) -> dict[str, Any]:
    return {"answer": {"fi": fi, "en": "word " * 40}}


def _examples(fi: object) -> dict[str, Any]:
    return {"examples": {"fi": fi, "en": [f"question {number}" for number in range(14)]}}


FIFTEEN = [f"kysymys {number}" for number in range(15)]


# Field at fault, what the editor wrote, what the message says, and the text that stands on the line it names.
def _plain(text: str) -> dict[str, Any]:
    return {"plain": {"fi": text, "en": "word"}}


RULES = [
    pytest.param(
        {"id": "Gift"}, "'id' has characters that are not allowed here (an id: a-z, 0-9 and _", "Gift", id="id"
    ),
    pytest.param({"id": "gift\n"}, "'id' has characters that are not allowed", "gift", id="id with line break"),
    pytest.param({"id": "1gift"}, "'id' has characters that are not allowed", "1gift", id="id that starts with digit"),
    pytest.param({"title": "Lahja"}, "'title' has no languages; write 'fi:' and 'en:'", "Lahja", id="title as text"),
    pytest.param({"title": {"fi": "Lahja"}}, "'title.en' is missing; add it", "Lahja", id="title in one language"),
    pytest.param(
        {"title": {"fi": "x" * 61, "en": "y"}},
        "'title.fi' is too long; shorten it to 60 characters",
        "xxx",
        id="long title",
    ),
    pytest.param({"title": {"fi": " ", "en": "y"}}, "'title.fi' is empty; write it", "fi: ' '", id="empty title"),
    pytest.param({"title": {"fi": None, "en": "y"}}, "'title.fi' is empty; write it", "fi: null", id="null title"),
    pytest.param(
        {"title": {"fi": "a", "en": "b", "sv": "c"}},
        "'title.sv' is not a field of a topic; check its spelling",
        "sv: c",
        id="third language",
    ),
    pytest.param({"title": {"fi": False, "en": "y"}}, "'title.fi' is not text; put it in quotes", "fi: false", id="no"),
    pytest.param({"audience": "all"}, "permitted: 'private', 'business', 'both'", "audience: all", id="audience"),
    pytest.param(_examples(FIFTEEN[:13]), "'examples.fi' has too few entries; write at least 14", FIFTEEN[0], id="few"),
    pytest.param(
        _examples([*FIFTEEN, FIFTEEN[0]]), "'examples.fi' has the same entry twice; remove one", FIFTEEN[0], id="twice"
    ),
    pytest.param(_examples([*FIFTEEN, ""]), "'examples.fi.16' is empty; write it", "- ''", id="empty example"),
    pytest.param(_examples([*FIFTEEN, 750]), "'examples.fi.16' is not text; put it in quotes", "- 750", id="number"),
    pytest.param(_examples([*FIFTEEN, "a\nb"]), "'examples.fi.16' has characters", "- 'a", id="two lines"),
    pytest.param(
        _examples("kysymys"), "'examples.fi' is not a list; start each entry with '- '", "kysymys", id="no list"
    ),
    pytest.param(_answer(" ".join(["sana"] * 39)), "'answer.fi' has 39 words; write 40 to 120", "sana", id="short"),
    pytest.param(_answer(" ".join(["sana"] * 121)), "'answer.fi' has 121 words; write 40 to 120", "sana", id="long"),
    pytest.param(
        _answer("{nimi} " + "sana " * 40), "'answer.fi' write the answer without { and }", "{nimi}", id="brace"
    ),
    pytest.param(_answer("<b>x</b> " + "sana " * 40), "write the answer without HTML tags", "<b>", id="HTML"),
    pytest.param(
        _answer("# Otsikko\n" + "sana " * 40), "write the answer without headings (#)", "# Otsikko", id="heading"
    ),
    pytest.param(_plain("Sana. " * 4), "'plain.fi' has 4 sentences; write at most 3", "Sana", id="plain sentences"),
    pytest.param(_plain("sana " * 51), "'plain.fi' has 51 words; write at most 50", "sana", id="plain words"),
    pytest.param(_plain("{nimi}"), "'plain.fi' write the plain text without { and }", "{nimi}", id="plain brace"),
    pytest.param(_plain("<b>x</b>"), "write the plain text without HTML tags", "<b>", id="plain HTML"),
    pytest.param(_plain("a\n- b"), "'plain.fi' has characters that are not allowed", "fi: 'a", id="plain list"),
    pytest.param({"plain": {"fi": "sana"}}, "'plain.en' is missing", "fi: sana", id="plain in one language"),
    pytest.param(_answer(None), "'answer.fi' is empty; write it", "fi: null", id="no answer"),
    pytest.param({"follow_up": []}, "'follow_up' has too few entries; write at least 1", "follow_up", id="follow none"),
    pytest.param(
        {"follow_up": [f"customs_{name}" for name in "abcd"]},
        "'follow_up' has too many entries; keep at most 3",
        "customs_a",
        id="follow four",
    ),
    pytest.param(
        {"follow_up": ["customs_a", "customs_a"]},
        "'follow_up' has the same entry twice",
        "customs_a",
        id="follow twice",
    ),
    pytest.param({"sources": []}, "'sources' has too few entries; write at least 1", "sources", id="no source"),
    pytest.param({"sources": ["https://tulli.fi"]}, "'sources.1' is not written in fields", "https", id="bare source"),
    pytest.param(
        {"sources": _page({"fi": "a"}, {"en": "https://tulli.fi"})},
        "'sources.1.url' title and url must be given in the same languages",
        "en: https",
        id="languages of a page",
    ),
    pytest.param(
        {"links": _page({"fi": "a"}, {"fi": "http://tulli.fi"})},
        "'links.1.url' use an https address instead of http://tulli.fi",
        "fi: http:",
        id="http",
    ),
    pytest.param(
        {"links": _page({"fi": "a"}, {"fi": "javascript:alert(1)"})},
        "'links.1.url.fi' is not a web address; write it as https://",
        "javascript",
        id="script address",
    ),
    pytest.param(
        {"links": _page({}, {})}, "'links.1.url' give the address in at least one language", "url: {}", id="no address"
    ),
    pytest.param(
        {"links": [{"title": {"fi": "a"}}]}, "'links.1.url' is missing; add it", "title:", id="page without url"
    ),
    pytest.param({"reviewed": "soon"}, "'reviewed' is not a date; write it as 2026-11-21", "soon", id="date"),
    pytest.param(
        {"reviewed": 20261121}, "'reviewed' is not a date; write it as 2026-11-21", "2026", id="date as number"
    ),
    pytest.param({"reviewed": TOMORROW_NEXT_YEAR}, "'reviewed' is in the future", TOMORROW_NEXT_YEAR, id="future"),
    pytest.param({"volatile": "maybe"}, "'volatile' is neither true nor false; write one", "maybe", id="volatile"),
    pytest.param({"source": []}, "'source' is not a field of a topic; check its spelling", "source: []", id="misspelt"),
]


def _only_problem(folder: Path) -> Problem:
    problems = [problem for problem in read_topics(folder)[1] if "does not exist" not in problem.message]
    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize(("changes", "message", "on_the_line"), RULES)
def test_a_broken_rule_is_reported_where_it_is_broken(
    tmp_path: Path, changes: dict[str, Any], message: str, on_the_line: str
) -> None:
    path = write_topics(
        tmp_path,
        raw_topic("parcel", follow_up=["customs_gift"]),
        raw_topic() | changes,
    )

    problem = _only_problem(tmp_path)

    assert problem.path == path
    assert message in problem.message
    assert problem.topic == f"customs_{changes.get('id', 'gift')}"
    assert on_the_line in path.read_text(encoding="utf-8").splitlines()[problem.line - 1]
    assert str(problem) == f"{path}:{problem.line}: topic {problem.topic}: {problem.message}"


@pytest.mark.parametrize(
    "field", ["title", "audience", "examples", "answer", "follow_up", "sources", "reviewed", "volatile"]
)
def test_a_missing_field_is_reported_at_the_topic(tmp_path: Path, field: str) -> None:
    topic = raw_topic()
    del topic[field]
    path = write_topics(tmp_path, raw_topic("parcel", follow_up=["customs_gift"]), topic)

    problem = _only_problem(tmp_path)

    assert f"'{field}' is missing; add it (docs/editing.md" in problem.message
    assert path.read_text(encoding="utf-8").splitlines()[problem.line - 1] == "- id: gift"


def test_a_topic_without_id_is_named_by_its_place(tmp_path: Path) -> None:
    topic = raw_topic()
    del topic["id"]
    write_topics(tmp_path, raw_topic("parcel", follow_up=["customs_parcel2"]), topic)

    assert _only_problem(tmp_path).topic == "number 2"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "start the file with 'topics:' and a list of topics"),
        ("- id: gift\n", "start the file with 'topics:' and a list of topics"),
        ("1: 2\n", "start the file with 'topics:' and a list of topics"),
        ("topics:\n", "'topics' is empty; write it"),
        ("topics: []\n", "'topics' has too few entries; write at least 1"),
        ("topics: {}\n", "'topics' is not a list; start each entry with '- '"),
        ("topics:\n  - gift\n", "'topics' is not written in fields; start it with '- id:'"),
        ("topics:\n  - 1: 2\n", "'topics' has a field whose name is not text"),
        ("topics: [\n", "mend the YAML"),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = write_text(tmp_path, text)

    problem = _only_problem(tmp_path)

    assert message in problem.message
    assert problem.path == path


@pytest.mark.parametrize("words", [40, 120])
def test_answers_at_the_limits_are_accepted(tmp_path: Path, words: int) -> None:
    write_topics(tmp_path, raw_topic("parcel", follow_up=["customs_gift"]), raw_topic(**_answer("sana " * words)))

    assert read_topics(tmp_path)[1] == []


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("", 0),
        ("- yksi\n- kaksi", 2),
        ("**Lihava** sana", 2),
        ("katso [pitkä linkki](https://tulli.fi/a b)", 3),
        ("a – b … c", 3),
        ("45 euroa", 2),
    ],
)
def test_words_are_counted_as_a_reader_sees_them(markdown: str, words: int) -> None:
    assert word_count(markdown) == words


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("fi", ("Lahjat", "https://tulli.fi/", "fi")), ("en", ("Lahjat", "https://tulli.fi/", "fi"))],
)
def test_a_page_in_one_language_is_given_in_it(asked: str, expected: tuple[str, str, str]) -> None:
    page = Page.parse_obj({"title": {"fi": "Lahjat"}, "url": {"fi": "https://tulli.fi/"}})

    assert page.in_language(asked) == expected


def test_a_page_in_both_languages_is_given_in_the_asked_one() -> None:
    page = Page.parse_obj(
        {"title": {"fi": "Lahjat", "en": "Gifts"}, "url": {"fi": "https://tulli.fi/", "en": "https://tulli.fi/en"}}
    )

    assert page.in_language("en") == ("Gifts", "https://tulli.fi/en", "en")
