"""The list of the topics that the content must cover, with the customer's question of each."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConstrainedStr, Extra, ValidationError

from components.content.names import AGENCIES
from components.content.schema import Line
from components.located_yaml import Location, YamlSyntaxError, load_located_yaml

TOPIC_LIST = "topics.yml"

_MENDS = {
    "value_error.missing": "is missing; add it",
    "value_error.extra": "is not known here; check its spelling",
    "type_error.none.not_allowed": "is empty; write it",
    "type_error.str": "is not text; put it in quotes",
    "type_error.dict": 'is not written as {fi: "…", en: "…"}; write the question in both languages',
    "value_error.any_str.min_length": "is empty; write it",
    "value_error.str.regex": f"is no full name of a topic; start it with {' or '.join(f'{a}_' for a in AGENCIES)}",
}


class TopicListError(ValueError):
    """The list is not in order; `faults` are the lines (1-based) and what to do there."""

    def __init__(self, faults: list[tuple[int, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(f"line {line}: {message}" for line, message in faults))


@dataclasses.dataclass(frozen=True)
class ListedTopic:
    """A topic of the list: its question in both languages and the line where it stands."""

    fi: str
    en: str
    line: int


class _FullName(ConstrainedStr):
    regex = re.compile(rf"(?:{'|'.join(AGENCIES)})_[a-z][a-z0-9_]*\Z")


class _Question(BaseModel):
    fi: Line
    en: Line

    class Config:
        extra = Extra.forbid


class _File(BaseModel):
    topics: dict[_FullName, _Question]

    class Config:
        extra = Extra.forbid


def load_topic_list(path: Path) -> Mapping[str, ListedTopic]:
    """Return the listed topics by full name.

    Raises TopicListError when the file is not a list of topics.
    """
    try:
        document = load_located_yaml(path)
    except YamlSyntaxError as error:
        raise TopicListError([(error.line, f"{error}; mend the YAML (indentation, quotes, repeated keys)")]) from error
    if not isinstance(document.data, dict) or not all(isinstance(key, str) for key in document.data):
        raise TopicListError([(1, "start the file with 'topics:' and one topic a line")])
    try:
        file = _File.parse_obj(document.data)
    except ValidationError as error:
        faults: list[tuple[int, str]] = []
        for item in error.errors():
            location: Location = tuple(part for part in item["loc"] if part != "__key__")
            field = ".".join(str(part) for part in location)
            faults.append((document.line(location), f"'{field}' {_MENDS.get(item['type'], item['msg'])}"))
        raise TopicListError(faults) from error
    return {
        str(name): ListedTopic(str(question.fi), str(question.en), document.line(("topics", str(name))))
        for name, question in file.topics.items()
    }
