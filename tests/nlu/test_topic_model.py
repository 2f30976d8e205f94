from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from components.nlu.topic_model import TopicModel

Vectors = npt.NDArray[np.float32]

WORDS = {
    "customs_gift": ["lahja paketti", "gift parcel", "joululahja", "birthday present", "lahjapaketti postissa"],
    "immigration_fee": ["paljonko maksaa hakemus", "application fee", "käsittelymaksu", "price of permit", "hinta"],
    "greet": ["hei", "moikka", "hello", "good morning", "päivää"],
}
TEXTS = [text for texts in WORDS.values() for text in texts]
LABELS = [label for label, texts in WORDS.items() for _ in texts]


def _vectors(labels: list[str], *, noise: float = 0.05, seed: int = 1) -> Vectors:
    """Return unit vectors that lie around one direction per label."""
    source = np.random.default_rng(seed)
    directions = {label: np.eye(8)[number] for number, label in enumerate(sorted(set(labels)))}
    rows = np.stack([directions[label] for label in labels]) + source.normal(0, noise, (len(labels), 8))
    unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


@pytest.fixture(scope="module")
def model() -> TopicModel:
    return TopicModel().fit(TEXTS, _vectors(LABELS), LABELS)


def test_separable_examples_are_learnt(model: TopicModel) -> None:
    ranked = model.rank(TEXTS, _vectors(LABELS, seed=2))

    assert [items[0].label for items in ranked] == LABELS


@pytest.mark.parametrize(("text", "label"), [("lahjapaketti", "customs_gift"), ("hello hello", "greet")])
def test_the_letters_alone_can_decide(model: TopicModel, text: str, label: str) -> None:
    nothing = np.zeros((1, 8), dtype=np.float32)

    assert model.rank([text], nothing)[0][0].label == label


def test_the_vector_alone_can_decide(model: TopicModel) -> None:
    vectors = _vectors(LABELS)

    assert [model.rank(["zzzz"], vectors[[row]])[0][0].label for row in (0, 5, 10)] == list(WORDS)


def test_confidences_sum_to_one_from_the_most_to_the_least_likely(model: TopicModel) -> None:
    for items in model.rank(TEXTS, _vectors(LABELS)):
        confidences = [item.confidence for item in items]
        assert sum(confidences) == pytest.approx(1.0)
        assert confidences == sorted(confidences, reverse=True)
        assert {item.label for item in items} == set(WORDS)


def test_the_ranking_can_be_cut(model: TopicModel) -> None:
    cut, full = (model.rank(TEXTS[:1], _vectors(LABELS)[:1], length=length)[0] for length in (2, None))

    assert cut == full[:2]


def test_two_labels_are_enough() -> None:
    labels = [label for label in LABELS if label != "greet"]
    texts = TEXTS[: len(labels)]

    items = TopicModel().fit(texts, _vectors(labels), labels).rank(texts, _vectors(labels))

    assert [item[0].label for item in items] == labels
    assert sum(item.confidence for item in items[0]) == pytest.approx(1.0)


def test_training_twice_gives_the_same_model(model: TopicModel) -> None:
    again = TopicModel().fit(TEXTS, _vectors(LABELS), LABELS)

    assert again.rank(TEXTS, _vectors(LABELS)) == model.rank(TEXTS, _vectors(LABELS))


def _log_loss(model: TopicModel, texts: list[str], vectors: Vectors, labels: list[str]) -> float:
    losses = []
    for items, label in zip(model.rank(texts, vectors), labels, strict=True):
        confidence = next(item.confidence for item in items if item.label == label)
        losses.append(-np.log(confidence + 1e-12))
    return float(np.mean(losses))


def _mislabelled(seed: int) -> tuple[list[str], Vectors, list[str]]:
    """Return examples of which most carry a label by chance, so that nobody can be sure of them."""
    source = np.random.default_rng(seed)
    names = list(WORDS)
    truth = [names[number % 3] for number in range(120)]
    labels = [str(source.choice(names)) if source.random() < 0.9 else name for name in truth]
    return [f"{source.integers(10**6)}" for _ in truth], 10 * _vectors(truth, seed=seed), labels


def _without_calibration(model: TopicModel) -> TopicModel:
    raw = copy.copy(model)
    raw.temperature = 0.2
    return raw


def test_calibration_makes_an_overconfident_model_humbler() -> None:
    model = TopicModel(regularisation=1.0, dense_weight=10.0).fit(*_mislabelled(3))
    raw, unseen = _without_calibration(model), _mislabelled(4)

    assert model.temperature > raw.temperature
    assert _log_loss(model, *unseen) < _log_loss(raw, *unseen)


def test_calibration_makes_a_timid_model_surer(model: TopicModel) -> None:
    raw, unseen = _without_calibration(model), _vectors(LABELS, seed=5)

    assert model.temperature < raw.temperature
    assert _log_loss(model, TEXTS, unseen, LABELS) < _log_loss(raw, TEXTS, unseen, LABELS)


def test_calibration_changes_no_order(model: TopicModel) -> None:
    raw, vectors = _without_calibration(model), _vectors(LABELS, seed=6)

    for one, other in zip(model.rank(TEXTS, vectors), raw.rank(TEXTS, vectors), strict=True):
        assert [item.label for item in one] == [item.label for item in other]


def test_a_left_out_example_gets_the_score_of_a_model_without_it() -> None:
    """The closed form against really training without the example (all labels of one size, so weights stay)."""
    texts, vectors, labels = _mislabelled(3)
    labels = [list(WORDS)[place % 3] for place in range(len(labels))]
    model = TopicModel()
    _, kernel = model._learn(texts, vectors, labels)
    targets = np.array([model.labels.index(label) for label in labels])
    weighted = model._penalties(targets)
    _, left_out = model._solve(kernel.copy(), targets, np.array([2, 7]))

    rest = np.arange(len(texts)) != 7
    ridge = kernel[np.ix_(rest, rest)] + np.diag(weighted[rest])
    wanted = np.eye(3)[targets[rest]]
    expected = kernel[7, rest] @ np.linalg.solve(ridge, wanted)

    assert left_out[1] == pytest.approx(expected, abs=1e-4)


def test_a_label_with_one_example_is_learnt() -> None:
    texts, labels = [*TEXTS, "kissa"], [*LABELS, "customs_pets"]

    model = TopicModel().fit(texts, _vectors(labels), labels)

    assert model.rank(["kissa"], _vectors(labels)[-1:])[0][0].label == "customs_pets"


def test_labels_with_many_examples_do_not_crowd_out_those_with_few() -> None:
    source = np.random.default_rng(8)
    labels = ["customs_gift"] * 60 + ["customs_snus"] * 3
    vectors = np.stack([np.eye(8)[0]] * 60 + [np.eye(8)[1]] * 3) + source.normal(0, 0.25, (63, 8))
    model = TopicModel().fit([f"{source.integers(10**6)}" for _ in labels], vectors.astype(np.float32), labels)

    assert model.rank(["zzzz"], np.eye(8, dtype=np.float32)[[1]])[0][0].label == "customs_snus"


def test_a_stored_model_ranks_as_before(model: TopicModel, tmp_path: Path) -> None:
    model.save(tmp_path / "model.npz")

    restored = TopicModel.load(tmp_path / "model.npz")

    for one, other in zip(restored.rank(TEXTS, _vectors(LABELS)), model.rank(TEXTS, _vectors(LABELS)), strict=True):
        assert one[0].label == other[0].label
        assert one[0].confidence == pytest.approx(other[0].confidence)


def test_a_file_with_python_objects_is_refused(model: TopicModel, tmp_path: Path) -> None:
    model.save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz") as kept:
        parts = dict(kept)
    np.savez(tmp_path / "model.npz", **{**parts, "labels": np.array([object()], dtype=object)})

    with pytest.raises(ValueError, match="allow_pickle"):
        TopicModel.load(tmp_path / "model.npz")


def test_an_untrained_model_says_so() -> None:
    with pytest.raises(ValueError, match=r"the model is not trained; call fit\(\) first"):
        TopicModel().rank(TEXTS, _vectors(LABELS))
