from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, Extra, Field

from components.located_yaml import FileError, Location, YamlSyntaxError, load_located_yaml, load_model

DOCUMENT = """\
# a comment
topics:
  - id: one
    answer:
      fi: |
        rivi
        toinen
      en: >-
        text
  - id: two
    tags: [a, b]
"""


@pytest.mark.parametrize(
    ("location", "line"),
    [
        ((), 2),
        (("topics", 0), 3),
        (("topics", 0, "id"), 3),
        (("topics", 0, "answer", "fi"), 5),
        (("topics", 0, "answer", "en"), 8),
        (("topics", 1, "id"), 10),
        (("topics", 1, "tags", 1), 11),
    ],
)
def test_a_value_is_found_on_its_line(tmp_path: Path, location: Location, line: int) -> None:
    path = tmp_path / "topics.yml"
    path.write_text(DOCUMENT, encoding="utf-8")

    assert load_located_yaml(path).line(location) == line


@pytest.mark.parametrize(
    ("location", "line"), [(("topics", 1, "answer", "fi"), 10), (("topics", 7), 3), (("nothing",), 2)]
)
def test_a_missing_value_has_the_line_of_its_nearest_ancestor(tmp_path: Path, location: Location, line: int) -> None:
    path = tmp_path / "topics.yml"
    path.write_text(DOCUMENT, encoding="utf-8")

    assert load_located_yaml(path).line(location) == line


def test_the_plain_value_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "topics.yml"
    path.write_text(DOCUMENT, encoding="utf-8")

    assert load_located_yaml(path).data["topics"][0]["answer"] == {"fi": "rivi\ntoinen\n", "en": "text"}


def test_an_empty_file_is_none(tmp_path: Path) -> None:
    path = tmp_path / "topics.yml"
    path.touch()

    document = load_located_yaml(path)

    assert document.data is None
    assert document.line(("topics",)) == 1


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", b"a: 1\r\nb: 2\r\n"])
def test_files_from_other_systems_are_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "topics.yml"
    path.write_bytes(content)

    document = load_located_yaml(path)

    assert document.data == {"a": 1, "b": 2}
    assert document.line(("b",)) == 2


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        pytest.param(b"a: 1\nb: 2\na: 3\n", 3, "the key 'a' stands twice", id="repeated key"),
        pytest.param(b"a:\n  b: 1\n  c: 2\n  b: 3\n", 4, "the key 'b' stands twice", id="repeated nested key"),
        pytest.param(b"- a: 1\n- b: 1\n  b: 2\n", 3, "the key 'b' stands twice", id="repeated key in a list"),
        pytest.param("a: ääni".encode("latin-1"), 1, "not UTF-8 text (byte 3)", id="not UTF-8"),
        pytest.param(b"a: 1\nb: [1, 2\n", 3, "expected ',' or ']'", id="open bracket"),
        pytest.param(b"a: 1\n  b: 2\n", 2, "mapping values are not allowed here", id="indentation"),
        pytest.param(b"a: 'x\n", 2, "end of stream", id="open quote"),
        pytest.param(b"a:\n\t- b\n", 2, "cannot start any token", id="tab"),
        pytest.param(b"a: 1\nb: \x07\n", 2, "a character that YAML does not allow: #x0007", id="control character"),
        pytest.param(b"a: 1\n---\nb: 2\n", 2, "another document", id="two documents"),
        pytest.param(b"a: 1\nb: !!python/name:os.system x\n", 2, "could not determine a constructor", id="tag"),
        pytest.param(b"a: 1\nb: *x\n", 2, "undefined alias", id="unknown alias"),
        pytest.param(b"a:\n  - &x [*x]\n", 2, "an alias (*) stands inside of what it repeats", id="endless alias"),
        pytest.param(b"a: 1\nb: 2026-02-30\n", 2, "'2026-02-30' is not a value", id="no such day"),
        pytest.param(b"a: 1\n? [b]\n: 2\n", 2, "unhashable key", id="list as key"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, content: bytes, line: int, message: str) -> None:
    path = tmp_path / "topics.yml"
    path.write_bytes(content)

    with pytest.raises(YamlSyntaxError) as caught:
        load_located_yaml(path)

    assert message in str(caught.value)
    assert caught.value.line == line


class _Item(BaseModel):
    name: str = Field(max_length=5)

    class Config:
        extra = Extra.forbid


class _File(BaseModel):
    items: list[_Item] = Field(min_items=1)


def test_a_file_is_read_as_a_model(tmp_path: Path) -> None:
    path = tmp_path / "file.yml"
    path.write_text("items:\n  - name: one\n", encoding="utf-8")

    assert load_model(path, _File) == _File(items=[_Item(name="one")])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "items:\n  - name: one\n  - nme: two\n",
            [":3: 'items.2.name' is missing", ":3: 'items.2.nme' is not a"],
        ),
        ("items:\n  - name: one\n  - name: far too long\n", [":3: 'items.2.name' is too long; shorten it to 5"]),
        ("items: []\n", [":1: 'items' has too few entries; write at least 1"]),
        ("items: {}\n", [":1: 'items' is not a list"]),
        ("items:\n  - name: [a]\n", [":2: 'items.1.name' is not text"]),
        ("items:\n  - name:\n", [":2: 'items.1.name' is empty"]),
        ("items:\n- one\n", [":2: 'items.1' has nothing under it"]),
        ("a: [", [":1: "]),
        ("- a list\n", [":1: 'the file' "]),
        ("", [":1: 'the file' "]),
    ],
)
def test_every_problem_is_named_with_its_line_and_mend(tmp_path: Path, text: str, expected: list[str]) -> None:
    path = tmp_path / "file.yml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(FileError) as error:
        load_model(path, _File)

    lines = str(error.value).splitlines()
    assert len(lines) == len(expected)
    assert all(f"{path}{part}" in line for line, part in zip(lines, expected, strict=True))
