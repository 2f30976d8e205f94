"""Sentence vectors that are computed before the pipeline asks for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from components.nlu import ahead
from components.nlu.encoder import Vectors, encode

PREPARED, OTHER = "onko lahjapaketti tullivapaa", "is a gift parcel free of tax"


class _Encoded(list[str]):
    """Notes what was encoded, and where."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[threading.Thread] = set()

    def __call__(self, texts: Sequence[str]) -> Vectors:
        self.threads.add(threading.current_thread())
        self.extend(texts)
        return encode(texts)


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Encoded]:
    noted = _Encoded()
    monkeypatch.setattr(ahead, "encode", noted)
    yield noted
    ahead._waiting.clear()


async def test_what_is_prepared_is_not_computed_again(encoded: _Encoded) -> None:
    await ahead.prepare(PREPARED)
    vectors = ahead.vectors_of([OTHER, PREPARED])

    assert encoded == [PREPARED, OTHER]
    assert np.allclose(vectors, encode([OTHER, PREPARED]), atol=1e-5)


def test_nothing_prepared_is_as_before(encoded: _Encoded) -> None:
    assert np.array_equal(ahead.vectors_of([PREPARED, OTHER]), encode([PREPARED, OTHER]))


async def test_each_who_prepared_it_gets_it_once(encoded: _Encoded) -> None:
    for _ in range(2):
        await ahead.prepare(PREPARED)
    for _ in range(3):
        ahead.vectors_of([PREPARED])

    assert len(encoded) == 3 and not ahead._waiting


async def test_what_nobody_asks_for_is_pushed_out(encoded: _Encoded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_KEPT", 2)
    for text in ("yksi", "kaksi", "kolme"):
        await ahead.prepare(text)
    ahead.vectors_of(["kolme", "yksi"])

    assert encoded == ["yksi", "kaksi", "kolme", "yksi"]


async def test_the_event_loop_goes_on_meanwhile(encoded: _Encoded) -> None:
    await ahead.prepare(PREPARED)
    assert threading.main_thread() not in encoded.threads


async def test_texts_are_not_kept(encoded: _Encoded) -> None:
    await ahead.prepare(PREPARED)
    assert PREPARED not in repr(ahead._waiting)


@pytest.mark.parametrize("text", ["", "\ud800", "\x00"])
async def test_every_text_has_a_vector(encoded: _Encoded, text: str) -> None:
    await ahead.prepare(text)
    assert ahead.vectors_of([text]).shape == (1, 384)
