"""Vectors of examples are computed once and are the same wherever they come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.nlu import example_vectors
from components.nlu.encoder import encode
from components.nlu.example_vectors import (
    PROJECT_FILE,
    digest,
    encode_examples,
    machine_file,
    read_vectors,
    round_vectors,
    write_vectors,
)
from luotsi.cross_validation import training_questions

TEXTS = ["paljonko lupa maksaa", "is a gift free of tax", "moi"]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RASA_CACHE_DIRECTORY", str(tmp_path))
    monkeypatch.setattr(example_vectors, "PROJECT_FILE", tmp_path / "project" / "vectors.npz")
    return tmp_path


@pytest.fixture()
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the texts that were really encoded."""
    seen: list[str] = []

    def watching(texts: list[str]) -> example_vectors.Vectors:
        seen.extend(texts)
        return encode(texts)

    monkeypatch.setattr(example_vectors, "encode", watching)
    return seen


def test_vectors_are_nearly_those_of_the_encoder() -> None:
    cosines = (encode_examples(TEXTS) * encode(TEXTS)).sum(axis=1)

    assert cosines.min() > 0.999


def test_a_text_is_encoded_once(encoded: list[str]) -> None:
    first = encode_examples(TEXTS)
    second = encode_examples([*TEXTS, "uusi kysymys"])

    assert encoded == [*TEXTS, "uusi kysymys"]
    assert np.array_equal(first, second[:3])


def test_what_comes_with_the_project_is_not_encoded_and_gives_the_same(encoded: list[str]) -> None:
    fresh = encode_examples(TEXTS)
    encoded.clear()
    write_vectors(
        example_vectors.PROJECT_FILE, dict(zip(map(digest, TEXTS), round_vectors(encode(TEXTS)), strict=True))
    )
    machine_file().unlink()

    assert np.array_equal(encode_examples(TEXTS), fresh)
    assert encoded == []


def test_the_machine_keeps_what_it_encoded() -> None:
    encode_examples(TEXTS)
    encode_examples(["uusi kysymys"])

    assert set(read_vectors(machine_file())) == {digest(text) for text in [*TEXTS, "uusi kysymys"]}


def test_a_full_file_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(example_vectors, "_MOST_KEPT", 3)
    encode_examples(TEXTS)
    encode_examples([*TEXTS, "uusi kysymys"])

    assert set(read_vectors(machine_file())) == {digest("uusi kysymys")}


@pytest.mark.parametrize("content", [b"", b"no vectors", b"PK\x03\x04broken"])
def test_a_broken_file_is_made_anew(content: bytes) -> None:
    machine_file().parent.mkdir(exist_ok=True)
    machine_file().write_bytes(content)

    assert encode_examples(TEXTS).shape == (3, 384)
    assert len(read_vectors(machine_file())) == 3


def test_no_texts_give_no_vectors() -> None:
    assert encode_examples([]).shape == (0, 384)


def test_the_file_holds_no_texts() -> None:
    encode_examples(["salainen esimerkki"])

    assert b"salainen" not in machine_file().read_bytes()


def test_most_examples_of_the_project_come_with_their_vectors() -> None:
    """When this fails, run `luotsi train --keep-vectors` and commit the file: fresh training is slow without it."""
    kept = read_vectors(PROJECT_FILE)
    texts = {question.text for question in training_questions()}

    assert sum(digest(text) in kept for text in texts) >= 0.9 * len(texts)
