"""Examples of two topics that say nearly the same, so that the model learns to confuse them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from components.content.catalogue import CatalogueEntry, same_example_key
from components.content.schema import LANGUAGES
from luotsi.content_checks.remarks import Remark, remark

CHECK = "similar"

Vectors = npt.NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]

# Set on our own examples: nearly all pairs above it differ in wording only or in one word, few below it do.
LIMIT = 0.77
# All sentence vectors point in about the same direction. The mean of few examples does not tell which, and without
# taking it away much less is unlike.
_FEWEST_FOR_MEAN = 200
_LIMIT_WITHOUT_MEAN = 0.955


def check_similar_examples(entries: Iterable[CatalogueEntry], *, encode: Encode) -> Iterator[Remark]:
    """Yield, for each two topics with examples that are nearly the same in a language, the two most alike.

    A title is an example, too. `encode` returns one L2-normalised vector per text. Examples that are the same
    letter by letter are errors of the catalogue.
    """
    every = list(entries)
    by_language = [[place for entry in every for place in _examples(entry, language)] for language in LANGUAGES]
    # In one go: whoever keeps vectors may keep those of the last call only.
    vectors = encode([text for places in by_language for _, _, text in places])
    start = 0
    for places in by_language:
        own = vectors[start : start + len(places)]
        start += len(places)
        texts = [text for _, _, text in places]
        rows, columns, likeness = _pairs(own, [entry.name for entry, _, _ in places])
        best: dict[tuple[str, str], list[tuple[float, int, int]]] = {}
        for row, column, value in zip(rows, columns, likeness, strict=True):
            if same_example_key(texts[row]) != same_example_key(texts[column]):
                pair = (places[row][0].name, places[column][0].name)
                best.setdefault(pair, []).append((float(value), int(row), int(column)))
        for (_, other), found in best.items():
            _, row, column = max(found)
            entry, field, text = places[row]
            other_entry, other_field, other_text = places[column]
            values = {
                "example": text,
                "other": other,
                "other_example": other_text,
                "place": f"{other_entry.path.name}:{other_entry.line_of(*other_field)}",
            }
            yield remark(CHECK, "one" if len(found) == 1 else "more", entry, *field, more=str(len(found) - 1), **values)


def _examples(entry: CatalogueEntry, language: str) -> Iterator[tuple[CatalogueEntry, tuple[str | int, ...], str]]:
    yield entry, ("title", language), entry.title(language)
    for place, example in enumerate(entry.examples(language)):
        if example != entry.title(language):
            yield entry, ("examples", language, place), example


def _pairs(vectors: Vectors, names: list[str]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Vectors]:
    """Return the rows, columns and likeness of all pairs of different topics that are too much alike."""
    if not names:
        nothing = np.empty(0, dtype=np.intp)
        return nothing, nothing, np.empty(0, dtype=np.float32)
    limit = _LIMIT_WITHOUT_MEAN
    if len(vectors) >= _FEWEST_FOR_MEAN:
        centred = vectors - vectors.mean(axis=0)
        vectors = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
        limit = LIMIT
    likeness = vectors @ vectors.T
    topics = np.unique(np.asarray(names), return_inverse=True)[1]
    rows, columns = np.nonzero(np.triu(likeness >= limit, k=1) & (topics[:, None] != topics[None, :]))
    return rows, columns, likeness[rows, columns]
