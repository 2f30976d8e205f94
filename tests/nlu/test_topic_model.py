from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import skops.io

from components.nlu.topic_model import TopicModel

Vectors = npt.NDArray[np.float32]

WORDS = {
    "customs_gift": ["lahja paketti", "gift parcel", "joululahja", "birthday present", "lahjapaketti postissa"],
    "immigration_fee": ["paljonko maksaa hakemus", "application fee", "käsittelymaksu", "price of permit", "hinta"],
    "greet": ["hei", "moikka", "hello", "good morning", "päivää"],
}
TEXTS = [text for texts in WORDS.values() for text in texts]
NOT_TRUSTED_BY_SKOPS = ["scipy.sparse._csr.csr_matrix"]
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


def test_calibration_makes_an_overconfident_model_humbler() -> None:
    texts, vectors, labels = _mislabelled(3)
    calibrated, raw = (
        TopicModel(regularisation=10.0, dense_weight=10.0).fit(texts, vectors, labels, calibrate=calibrate)
        for calibrate in (True, False)
    )
    unseen = _mislabelled(4)

    assert raw.temperature == 1.0
    assert calibrated.temperature > 1.0
    assert _log_loss(calibrated, *unseen) < _log_loss(raw, *unseen)


def test_calibration_makes_a_timid_model_surer() -> None:
    calibrated, raw = (TopicModel().fit(TEXTS, _vectors(LABELS), LABELS, calibrate=value) for value in (True, False))
    unseen = _vectors(LABELS, seed=5)

    assert calibrated.temperature < 1.0
    assert _log_loss(calibrated, TEXTS, unseen, LABELS) < _log_loss(raw, TEXTS, unseen, LABELS)


def test_calibration_changes_no_order() -> None:
    texts, vectors, labels = _mislabelled(3)
    calibrated, raw = (TopicModel().fit(texts, vectors, labels, calibrate=calibrate) for calibrate in (True, False))

    for one, other in zip(calibrated.rank(texts, vectors), raw.rank(texts, vectors), strict=True):
        assert [item.label for item in one] == [item.label for item in other]


def test_a_label_with_one_example_is_learnt_without_calibration() -> None:
    texts, labels = [*TEXTS, "kissa"], [*LABELS, "customs_pets"]

    model = TopicModel().fit(texts, _vectors(labels), labels)

    assert model.temperature == 1.0
    assert model.rank(["kissa"], _vectors(labels)[-1:])[0][0].label == "customs_pets"


def test_a_stored_model_ranks_as_before(model: TopicModel, tmp_path: Path) -> None:
    path = tmp_path / "model.skops"
    skops.io.dump(model.state(), path)

    restored = TopicModel.from_state(skops.io.load(path, trusted=NOT_TRUSTED_BY_SKOPS))

    assert restored.rank(TEXTS, _vectors(LABELS)) == model.rank(TEXTS, _vectors(LABELS))


def test_a_stored_model_holds_nothing_else_that_must_be_trusted(model: TopicModel, tmp_path: Path) -> None:
    skops.io.dump(model.state(), tmp_path / "model.skops")

    assert skops.io.get_untrusted_types(file=tmp_path / "model.skops") == NOT_TRUSTED_BY_SKOPS


def test_an_untrained_model_says_so() -> None:
    with pytest.raises(ValueError, match=r"the model is not trained; call fit\(\) first"):
        TopicModel().rank(TEXTS, _vectors(LABELS))
