"""Compares features and classifiers for the topics by cross-validation: `python -m bench.compare_classifiers`.

The figures behind docs/decisions/0011-kernel-classifier.md. Top-1 of the topics only, per language; seconds are for
training one model on all examples. `--slow` adds multinomial logistic regression.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from components.content.names import is_topic
from components.nlu.encoder import Vectors
from components.nlu.example_vectors import encode_examples
from components.nlu.topic_model import TopicModel
from luotsi.cross_validation import training_questions

_SEED = 7
_FOLDS = 4

Labels = npt.NDArray[Any]
Featurise = Callable[[list[str], Vectors, list[str], Vectors], tuple[Any, Any]]
Classify = Callable[[list[str], Vectors, Labels, list[str], Vectors], Labels]


def _characters(train: list[str], _: Vectors, test: list[str], __: Vectors) -> tuple[Any, Any]:
    vectoriser = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, dtype=np.float32)
    return vectoriser.fit_transform(train), vectoriser.transform(test)


def _sentences(_: list[str], train: Vectors, __: list[str], test: Vectors) -> tuple[Any, Any]:
    parts = [vectors - train.mean(axis=0) for vectors in (train, test)]
    first, second = (csr_matrix(part / np.linalg.norm(part, axis=1, keepdims=True) * 2.0) for part in parts)
    return first, second


def _both(*arguments: Any) -> tuple[Any, Any]:
    (train_one, test_one), (train_other, test_other) = _characters(*arguments), _sentences(*arguments)
    return hstack([train_one, train_other], format="csr"), hstack([test_one, test_other], format="csr")


def _machine(featurise: Featurise, make: Callable[[], Any] | None = None) -> Classify:
    def classify(
        texts: list[str], vectors: Vectors, labels: Labels, test_texts: list[str], test_vectors: Vectors
    ) -> Labels:
        train, test = featurise(texts, vectors, test_texts, test_vectors)
        machine = make() if make else LinearSVC(C=0.1, class_weight="balanced", random_state=_SEED)
        predicted: Labels = machine.fit(train, labels).predict(test)
        return predicted

    return classify


def _ridge(**settings: float) -> Classify:
    def classify(
        texts: list[str], vectors: Vectors, labels: Labels, test_texts: list[str], test_vectors: Vectors
    ) -> Labels:
        model = TopicModel(**settings).fit(texts, vectors, list(labels))
        return np.array([ranked[0].label for ranked in model.rank(test_texts, test_vectors, length=1)])

    return classify


def _regression() -> Any:
    return LogisticRegression(C=10.0, class_weight="balanced", max_iter=200, random_state=_SEED)


CANDIDATES: list[tuple[str, Classify]] = [
    ("characters, linear SVM", _machine(_characters)),
    ("sentences, linear SVM", _machine(_sentences)),
    ("characters + sentences, linear SVM", _machine(_both)),
    ("characters, kernel ridge", _ridge(dense_weight=0.0)),
    ("characters + sentences, kernel ridge (in use)", _ridge()),
    ("the same, sentences weigh less", _ridge(dense_weight=2.0)),
    ("the same, sharper", _ridge(sharpness=2.0)),
]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slow", action="store_true", help="also multinomial logistic regression")
    options = parser.parse_args()
    questions = training_questions()
    texts = [question.text for question in questions]
    labels = np.array([question.intent for question in questions])
    languages = np.array([question.language for question in questions])
    topics = np.array([is_topic(question.intent) for question in questions])
    vectors = encode_examples(texts)
    print(f"{len(texts)} examples of {len(set(labels))} intents")
    candidates = [*CANDIDATES]
    if options.slow:
        candidates.append(("sentences, logistic regression", _machine(_sentences, _regression)))
    print(f"{'features and classifier':46s}  fi top-1  en top-1  seconds")
    for name, classify in candidates:
        right = np.zeros(len(texts), dtype=bool)
        for train, test in StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED).split(texts, labels):
            predicted = classify(
                [texts[i] for i in train], vectors[train], labels[train], [texts[i] for i in test], vectors[test]
            )
            right[test] = predicted == labels[test]
        started = time.monotonic()
        classify(texts, vectors, labels, texts[:1], vectors[:1])
        seconds = time.monotonic() - started
        shares = [right[topics & (languages == language)].mean() for language in ("fi", "en")]
        print(f"{name:46s}  {shares[0]:8.3f}  {shares[1]:8.3f}  {seconds:7.1f}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
