"""All topics of a content folder, loaded and checked as one catalogue."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from components.content.names import AGENCIES
from components.content.schema import LANGUAGES, Topic, TopicFile
from components.content.topic_list import TOPIC_LIST, TopicListError, load_topic_list
from components.located_yaml import LocatedYaml, Location, YamlSyntaxError, load_located_yaml


@dataclasses.dataclass(frozen=True)
class Problem:
    """One thing wrong with the content: where it is, what it is and how to mend it."""

    path: Path
    line: int
    topic: str | None
    message: str

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}"
        return f"{where}: topic {self.topic}: {self.message}" if self.topic else f"{where}: {self.message}"


class ContentError(ValueError):
    """The content has problems and must not be trained."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclasses.dataclass(frozen=True)
class CatalogueEntry:
    """A topic with its full name, agency, group and place in the files."""

    name: str
    agency: str
    group: str
    topic: Topic
    path: Path
    line: int
    place: int = 0
    document: LocatedYaml | None = dataclasses.field(default=None, repr=False, compare=False)

    def line_of(self, *field: str | int) -> int:
        """Return the line of a field of the topic, such as `line_of("answer", "fi")`, or of what it stands in."""
        return self.document.line(("topics", self.place, *field)) if self.document else self.line

    def title(self, language: str) -> str:
        """Return the topic's short name in a language."""
        return str(getattr(self.topic.title, language))

    def answer(self, language: str) -> str:
        """Return the answer's Markdown in a language."""
        return str(getattr(self.topic.answer, language))

    def plain(self, language: str) -> str | None:
        """Return the answer in plain words, or None when nobody has written it."""
        plain = self.topic.plain
        return str(getattr(plain, language)) if plain is not None else None

    def examples(self, language: str) -> list[str]:
        """Return the examples in a language."""
        return [str(example) for example in getattr(self.topic.examples, language)]


class Catalogue(Mapping[str, CatalogueEntry]):
    """The topics by full name (`immigration_processing_fee`), in file order."""

    def __init__(self, entries: Iterable[CatalogueEntry]) -> None:
        self._entries = {entry.name: entry for entry in entries}

    def __getitem__(self, name: str) -> CatalogueEntry:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def load_catalogue(folder: Path) -> Catalogue:
    """Load `<folder>/{immigration,customs}/*.yml`.

    Raises ContentError with every problem found when anything is wrong.
    """
    entries, problems = read_topics(folder)
    if problems:
        raise ContentError(problems)
    return Catalogue(entries)


def read_topics(folder: Path) -> tuple[list[CatalogueEntry], list[Problem]]:
    """Read every topic file and return what could be read together with every problem found."""
    files: list[_FileContent] = []
    problems: list[Problem] = []
    if not folder.is_dir():
        return [], [Problem(folder, 1, None, "the folder does not exist; topics live in data/faq/<agency>/<group>.yml")]
    listed = folder / TOPIC_LIST
    for path in sorted(folder.rglob("*.y*ml")):
        if path == listed:
            continue
        agency = path.parent.name
        if path.parent.parent != folder or agency not in AGENCIES:
            problems.append(
                Problem(path, 1, None, f"move the file to {folder}/<agency>/; agencies are {', '.join(AGENCIES)}")
            )
            continue
        files.append(_read_file(path, agency))
    entries = [entry for file in files for entry in file.entries]
    problems += [problem for file in files for problem in file.problems]
    # A topic that is faulty itself is still there to be followed up; of an unreadable file nobody knows its topics.
    names = None if any(file.names is None for file in files) else {name for file in files for name in file.names or ()}
    problems += _cross_topic_problems(entries, names)
    if listed.exists():
        problems += _coverage_problems(listed, names)
    if not entries and not problems:
        problems.append(Problem(folder, 1, None, "there are no topics; add data/faq/<agency>/<group>.yml"))
    return entries, problems


@dataclasses.dataclass(frozen=True)
class _FileContent:
    """What one file holds; `names` are its topics' full names, faulty topics included, or None when unreadable."""

    entries: list[CatalogueEntry]
    problems: list[Problem]
    names: set[str] | None


def _read_file(path: Path, agency: str) -> _FileContent:
    try:
        document = load_located_yaml(path)
    except YamlSyntaxError as error:
        problem = Problem(path, error.line, None, f"{error}; mend the YAML (indentation, quotes, repeated keys)")
        return _FileContent([], [problem], None)
    if not isinstance(document.data, dict) or not all(isinstance(key, str) for key in document.data):
        problem = Problem(path, 1, None, "start the file with 'topics:' and a list of topics")
        return _FileContent([], [problem], None)
    listed = document.data.get("topics")
    raw: list[object] = listed if isinstance(listed, list) else []
    topics: dict[int, Topic] = {}
    problems: list[Problem] = []
    try:
        topics = dict(enumerate(TopicFile.parse_obj(document.data).topics))
    except ValidationError as error:
        problems = [_problem(path, document, agency, item) for item in error.errors()]
        faulty = {item["loc"][1] for item in error.errors() if len(item["loc"]) > 1}
        topics = {index: Topic.parse_obj(topic) for index, topic in enumerate(raw) if index not in faulty}
    entries = [
        CatalogueEntry(
            f"{agency}_{topic.id}", agency, path.stem, topic, path, document.line(("topics", index)), index, document
        )
        for index, topic in topics.items()
    ]
    names = {f"{agency}_{topic.get('id')}" for topic in raw if isinstance(topic, dict)}
    return _FileContent(entries, problems, names)


_MENDS = {
    "value_error.missing": "is missing; add it (docs/editing.md has a complete example)",
    "value_error.extra": "is not a field of a topic; check its spelling against docs/editing.md",
    "value_error.list.min_items": "has too few entries; write at least {limit_value}",
    "value_error.list.max_items": "has too many entries; keep at most {limit_value}",
    "value_error.list.unique_items": "has the same entry twice; remove one",
    "value_error.any_str.max_length": "is too long; shorten it to {limit_value} characters",
    "value_error.any_str.min_length": "is empty; write it",
    "value_error.date": "is not a date; write it as 2026-11-21",
    "type_error.none.not_allowed": "is empty; write it",
    "type_error.str": "is not text; put it in quotes",
    "type_error.list": "is not a list; start each entry with '- '",
    "type_error.dict": "has no languages; write 'fi:' and 'en:' under it",
    "type_error": "has a field whose name is not text; check it against docs/editing.md",
    "type_error.bool": "is neither true nor false; write one of them",
}


def _problem(path: Path, document: LocatedYaml, agency: str, error: Mapping[str, object]) -> Problem:
    location: Location = tuple(error["loc"])  # type: ignore[arg-type]
    field = ".".join(str(part + 1) if isinstance(part, int) else part for part in location[2:]) or str(location[0])
    kind = str(error["type"])
    context = error.get("ctx")
    mend = _MENDS.get(kind, str(error["msg"]))
    if isinstance(context, dict) and "{" in mend:
        mend = mend.format(**context)
    if kind.startswith("value_error.url."):
        mend = "is not a web address; write it as https://…"
    if kind == "type_error.dict" and isinstance(location[-1], int):
        mend = "is not written in fields; start it with '- id:' (a topic) or '- title:' (a page)"
    if kind == "value_error.str.regex":
        mend = "has characters that are not allowed here (an id: a-z, 0-9 and _; other lines: no line break)"
    return Problem(path, document.line(location), _topic_name(document, location, agency), f"'{field}' {mend}")


def _topic_name(document: LocatedYaml, location: Location, agency: str) -> str | None:
    if len(location) < 2 or not isinstance(location[1], int):
        return None
    topics = document.data.get("topics") if isinstance(document.data, dict) else None
    if not isinstance(topics, list) or location[1] >= len(topics) or not isinstance(topics[location[1]], dict):
        return None
    identifier = topics[location[1]].get("id")
    return f"{agency}_{identifier}" if identifier else f"number {location[1] + 1}"


def _cross_topic_problems(entries: list[CatalogueEntry], names: set[str] | None) -> Iterator[Problem]:
    first: dict[str, CatalogueEntry] = {}
    examples: dict[str, CatalogueEntry] = {}
    titles: dict[tuple[str, str], CatalogueEntry] = {}
    for entry in entries:
        earlier = first.setdefault(entry.name, entry)
        if earlier is not entry:
            yield _at(entry, f"the id is used already in {earlier.path}:{earlier.line}; choose another")
        for language in LANGUAGES:
            title = entry.title(language).casefold()
            earlier = titles.setdefault((language, title), entry)
            if earlier is not entry:
                yield _at(entry, f"the {language} title is the same as that of {earlier.name}; make it tell them apart")
            for example in entry.examples(language):
                earlier = examples.setdefault(same_example_key(example), entry)
                if earlier is not entry:
                    yield _at(entry, f"the example '{example}' stands also in {earlier.name}; keep it in one of them")
    for entry in entries:
        for name in entry.topic.follow_up:
            if name == entry.name:
                yield _at(entry, "'follow_up' names the topic itself; name others")
            elif names is not None and name not in names:
                yield _at(entry, f"'follow_up' names {name}, which does not exist; use a full name of a topic")


def _coverage_problems(path: Path, names: set[str] | None) -> Iterator[Problem]:
    try:
        listed = load_topic_list(path)
    except TopicListError as error:
        yield from (Problem(path, line, None, message) for line, message in error.faults)
        return
    for name, question in listed.items():
        if names is not None and name not in names:
            agency = next(agency for agency in AGENCIES if name.startswith(agency))
            mend = f"write it in {path.parent / agency}/ or take it off the list"
            yield Problem(path, question.line, name, f"the topic is in the list but in no file; {mend}")


def same_example_key(example: str) -> str:
    """Return what two examples have in common that differ in punctuation and capitals only."""
    folded = unicodedata.normalize("NFKC", example).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in folded).split())


def _at(entry: CatalogueEntry, message: str) -> Problem:
    return Problem(entry.path, entry.line, entry.name, message)
