"""Compares features and classifiers for the topics by cross-validation: `python -m bench.compare_classifiers`.

The figures behind docs/decisions/0003-intent-classifier.md. Top-1 of the topics only, per language; seconds are for
training one model on all examples. `--slow` adds multinomial logistic regression.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from components.content.names import is_topic
from components.nlu.sentence_encoder import encode
from luotsi.cross_validation import training_questions

_SEED = 7
_FOLDS = 4

Featurise = Callable[[list[str], Any, list[str], Any], tuple[Any, Any]]


def _tfidf(analyzer: str, ngrams: tuple[int, int]) -> Featurise:
    def featurise(train: list[str], _: Any, test: list[str], __: Any) -> tuple[Any, Any]:
        vectoriser = TfidfVectorizer(analyzer=analyzer, ngram_range=ngrams, sublinear_tf=True, dtype=np.float32)
        return vectoriser.fit_transform(train), vectoriser.transform(test)

    return featurise


def _dense(*, centred: bool, weight: float = 2.0) -> Featurise:
    def featurise(_: list[str], train: Any, __: list[str], test: Any) -> tuple[Any, Any]:
        mean = train.mean(axis=0) if centred else 0.0
        parts = [vectors - mean for vectors in (train, test)]
        first, second = (csr_matrix(part / np.linalg.norm(part, axis=1, keepdims=True) * weight) for part in parts)
        return first, second

    return featurise


def _both(one: Featurise, other: Featurise) -> Featurise:
    def featurise(*arguments: Any) -> tuple[Any, Any]:
        (train_one, test_one), (train_other, test_other) = one(*arguments), other(*arguments)
        return hstack([train_one, train_other], format="csr"), hstack([test_one, test_other], format="csr")

    return featurise


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
    started = time.monotonic()
    vectors = encode(texts)
    print(f"{len(texts)} examples of {len(set(labels))} intents; encoded in {time.monotonic() - started:.0f} s")

    characters, words = _tfidf("char_wb", (2, 5)), _tfidf("word", (1, 2))

    def machine() -> Any:
        return LinearSVC(C=0.1, class_weight="balanced", random_state=_SEED)

    def regression() -> Any:
        return LogisticRegression(C=10.0, class_weight="balanced", max_iter=200, random_state=_SEED)

    candidates: list[tuple[str, Featurise, Callable[[], Any]]] = [
        ("words, SVM", words, machine),
        ("characters, SVM", characters, machine),
        ("sentences, SVM", _dense(centred=False), machine),
        ("sentences centred, SVM", _dense(centred=True), machine),
        ("characters + sentences, SVM", _both(characters, _dense(centred=False)), machine),
        ("characters + sentences centred, SVM (in use)", _both(characters, _dense(centred=True)), machine),
        ("the same + words, SVM", _both(words, _both(characters, _dense(centred=True))), machine),
    ]
    if options.slow:
        candidates.append(("sentences centred, logistic regression", _dense(centred=True), regression))
    print(f"{'features and classifier':46s}  fi top-1  en top-1  seconds")
    for name, featurise, make in candidates:
        right = np.zeros(len(texts), dtype=bool)
        for train, test in StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED).split(texts, labels):
            features = featurise([texts[i] for i in train], vectors[train], [texts[i] for i in test], vectors[test])
            right[test] = make().fit(features[0], labels[train]).predict(features[1]) == labels[test]
        started = time.monotonic()
        make().fit(featurise(texts, vectors, texts[:1], vectors[:1])[0], labels)
        seconds = time.monotonic() - started
        shares = [right[topics & (languages == language)].mean() for language in ("fi", "en")]
        print(f"{name:46s}  {shares[0]:8.3f}  {shares[1]:8.3f}  {seconds:7.1f}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
