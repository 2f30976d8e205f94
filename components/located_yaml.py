"""YAML loading that remembers on which line each value stands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.constructor import ConstructorError

Location = tuple[str | int, ...]
_Model = TypeVar("_Model", bound=BaseModel)
_MENDS = {
    "value_error.missing": "is missing; add it",
    "value_error.extra": "is not a known key; check its spelling",
    "value_error.date": "is not a date; write it as 2026-11-21",
    "value_error.list.min_items": "has too few entries; write at least {limit_value}",
    "value_error.any_str.min_length": "is empty; write it",
    "value_error.any_str.max_length": "is too long; shorten it to {limit_value} characters",
    "type_error.none.not_allowed": "is empty; write it",
    "type_error.str": "is not text; put it in quotes",
    "type_error.list": "is not a list; start each entry with '- '",
    "type_error.dict": "has nothing under it; write its keys on lines of their own",
}


class LocatedYaml:
    """A parsed YAML document and the line number of each of its values.

    `data` is the plain Python value; `line(path)` gives the 1-based line of the value at a path such as
    `("topics", 2, "answer", "fi")`, or of its nearest ancestor when the path itself is not in the document.
    """

    def __init__(self, data: Any, lines: dict[Location, int]) -> None:
        self.data = data
        self._lines = lines

    def line(self, path: Location) -> int:
        """Return the 1-based line of the value at `path` or of its nearest ancestor."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)


class YamlSyntaxError(ValueError):
    """The file is not YAML; `line` is 1-based."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class FileError(ValueError):
    """A file is not in order; the text has one line for every problem: `file:line: 'key' what to do`."""


def load_model(path: Path, model: type[_Model]) -> _Model:
    """Read a YAML file as a pydantic model.

    Raises FileError when the file is not YAML or does not fit the model.
    """
    try:
        document = load_located_yaml(path)
    except YamlSyntaxError as error:
        raise FileError(f"{path}:{error.line}: {error}; mend the YAML (indentation, quotes, repeated keys)") from error
    try:
        return model.parse_obj(document.data)
    except ValidationError as error:
        raise FileError("\n".join(_problem(path, document, problem) for problem in error.errors())) from error


def _problem(path: Path, document: LocatedYaml, problem: Mapping[str, Any]) -> str:
    location: Location = tuple(part for part in problem["loc"] if part != "__root__")
    key = ".".join(str(part + 1) if isinstance(part, int) else part for part in location) or "the file"
    mend = _MENDS[problem["type"]].format(**problem.get("ctx", {})) if problem["type"] in _MENDS else problem["msg"]
    return f"{path}:{document.line(location)}: '{key}' {mend}"


def load_located_yaml(path: Path) -> LocatedYaml:
    """Parse a YAML file.

    Raises YamlSyntaxError when the file is not UTF-8, not YAML, or repeats a key within one mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise YamlSyntaxError(f"the file is not UTF-8 text (byte {error.start})", 1) from error
    try:
        return _parse(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlSyntaxError(error.problem or "not valid YAML", mark.line + 1 if mark else 1) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlSyntaxError(f"a character that YAML does not allow: #x{error.character:04x}", line) from error


def _parse(text: str) -> LocatedYaml:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Location, int] = {}
        if node is None:
            return LocatedYaml(None, lines)
        _collect_lines(node, (), lines, ())
        return LocatedYaml(loader.construct_document(node), lines)
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    """Says where a value stands that looks like a date or a number but is none, such as 30 February."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, OverflowError) as error:
            raise ConstructorError(None, None, f"'{node.value}' is not a value: {error}", node.start_mark) from error


def _collect_lines(
    node: yaml.Node, path: Location, lines: dict[Location, int], ancestors: tuple[yaml.Node, ...]
) -> None:
    if node in ancestors:
        raise YamlSyntaxError("an alias (*) stands inside of what it repeats", node.start_mark.line + 1)
    ancestors = (*ancestors, node)
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in seen:
                raise YamlSyntaxError(f"the key '{key}' stands twice", key_node.start_mark.line + 1)
            seen.add(key)
            _collect_lines(value_node, (*path, key), lines, ancestors)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _collect_lines(item, (*path, index), lines, ancestors)
