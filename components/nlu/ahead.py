"""Sentence vectors that are computed before the pipeline asks for them.

Rasa runs the pipeline in the event loop, where nothing else happens meanwhile, and the vector is a third of the work on
a message. A channel that knows a text lets another thread, and so another core, compute its vector first.
"""

from __future__ import annotations

import asyncio
import collections
import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from components.nlu.encoder import Vectors, encode

_KEPT = 256
"""So many vectors wait at most; one whose message never came to the pipeline is pushed out by later ones."""

# One thread, as the engine takes one text at a time: waiting for it must not hold up the threads of the database.
_thread = ThreadPoolExecutor(1, thread_name_prefix="sentence-vectors")
_lock = threading.Lock()
_waiting: collections.OrderedDict[bytes, tuple[Vectors, int]] = collections.OrderedDict()  # and how many will ask


async def prepare(text: str) -> None:
    """Compute the vector of a text that has been masked already, for the next one who asks for it."""
    vector = await asyncio.get_running_loop().run_in_executor(_thread, encode, [text])
    with _lock:
        _, asking = _waiting.pop(_key(text), (vector, 0))
        _waiting[_key(text)] = vector, asking + 1
        while len(_waiting) > _KEPT:
            _waiting.popitem(last=False)


def vectors_of(texts: Sequence[str]) -> Vectors:
    """Return what `encode` returns for one or more texts, without computing again what is prepared."""
    found = [_take(text) for text in texts]
    missing = [text for text, vector in zip(texts, found, strict=True) if vector is None]
    computed = iter(encode(missing)[:, np.newaxis])
    return np.concatenate([next(computed) if vector is None else vector for vector in found])


def _take(text: str) -> Vectors | None:
    key = _key(text)
    with _lock:
        vector, asking = _waiting.get(key, (None, 0))
        if asking > 1 and vector is not None:
            _waiting[key] = vector, asking - 1
        else:
            _waiting.pop(key, None)
    return vector


def _key(text: str) -> bytes:
    """Return what stands for a text here: the text itself is not kept."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
