"""The classifier's mathematics: a linear support vector machine over character n-grams and sentence vectors.

Free of Rasa, so that cross-validation and learning curves can use it directly.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

Vectors = npt.NDArray[np.float32]

_CALIBRATION_FOLDS = 3
_SEED = 20260101


@dataclasses.dataclass(frozen=True)
class Ranked:
    """One label and how sure the model is of it, 0 to 1."""

    label: str
    confidence: float


class TopicModel:
    """Learns labels from texts and their sentence vectors; its confidences are calibrated by temperature scaling.

    The temperature is fitted on the scores of examples that were held out of training (Guo et al. 2017, "On
    Calibration of Modern Neural Networks"), so a confidence of 0.8 is meant to be right in 8 of 10 cases.
    """

    def __init__(
        self, *, regularisation: float = 0.1, dense_weight: float = 2.0, min_document_frequency: int = 1
    ) -> None:
        self.regularisation = regularisation
        self.dense_weight = dense_weight
        self.min_document_frequency = min_document_frequency
        self.temperature = 1.0
        self.labels: list[str] = []
        self._characters: TfidfVectorizer | None = None
        self._machine: LinearSVC | None = None
        self._centre: Vectors | None = None

    def fit(
        self, texts: Sequence[str], vectors: Vectors, labels: Sequence[str], *, calibrate: bool = True
    ) -> TopicModel:
        """Learn from texts, their sentence vectors of shape (n, d), and their n labels."""
        if calibrate:
            self.temperature = self._fit_temperature(texts, vectors, labels)
        self._fit_machine(texts, vectors, labels)
        return self

    def rank(self, texts: Sequence[str], vectors: Vectors, *, length: int | None = None) -> list[list[Ranked]]:
        """Return, for each text, the labels from the most to the least likely."""
        probabilities = _softmax(self.scores(texts, vectors) / self.temperature)
        order = np.argsort(-probabilities, axis=1)[:, :length]
        return [
            [Ranked(self.labels[column], float(row[column])) for column in columns]
            for row, columns in zip(probabilities, order, strict=True)
        ]

    def scores(self, texts: Sequence[str], vectors: Vectors) -> npt.NDArray[np.float64]:
        """Return the machine's signed distances, shape (len(texts), len(labels))."""
        if self._machine is None or self._characters is None:
            raise ValueError("the model is not trained; call fit() first")
        scores: npt.NDArray[np.float64] = self._machine.decision_function(self._features(texts, vectors))
        if scores.ndim == 1:
            scores = np.stack([-scores, scores], axis=1)
        return scores

    def state(self) -> dict[str, object]:
        """Return what `from_state` needs to restore the trained model."""
        return {
            "characters": self._characters,
            "machine": self._machine,
            "labels": self.labels,
            "temperature": self.temperature,
            "dense_weight": self.dense_weight,
            "centre": self._centre,
        }

    @classmethod
    def from_state(cls, state: dict[str, object]) -> TopicModel:
        """Restore a trained model."""
        model = cls(dense_weight=float(state["dense_weight"]))  # type: ignore[arg-type]
        model.temperature = float(state["temperature"])  # type: ignore[arg-type]
        model.labels = [str(label) for label in state["labels"]]  # type: ignore[attr-defined]
        model._characters = state["characters"]
        model._centre = np.asarray(state["centre"], dtype=np.float32)
        model._machine = state["machine"]
        return model

    def _fit_machine(self, texts: Sequence[str], vectors: Vectors, labels: Sequence[str]) -> None:
        self._characters = TfidfVectorizer(
            analyzer="char_wb",
            ngram_range=(2, 5),
            sublinear_tf=True,
            min_df=self.min_document_frequency,
            lowercase=True,
            strip_accents=None,
            dtype=np.float32,
        ).fit(texts)
        self._centre = vectors.mean(axis=0)
        self._machine = LinearSVC(C=self.regularisation, class_weight="balanced", random_state=_SEED)
        self._machine.fit(self._features(texts, vectors), labels)
        self.labels = [str(label) for label in self._machine.classes_]

    def _features(self, texts: Sequence[str], vectors: Vectors) -> csr_matrix:
        if self._characters is None or self._centre is None:
            raise ValueError("the model is not trained; call fit() first")
        # Sentence vectors of this family all point in nearly the same direction; what tells them apart is the rest.
        centred = vectors - self._centre
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        dense = centred / np.where(lengths > 0, lengths, 1.0) * self.dense_weight
        return hstack([self._characters.transform(texts), csr_matrix(dense)], format="csr")

    def _fit_temperature(self, texts: Sequence[str], vectors: Vectors, labels: Sequence[str]) -> float:
        smallest_class = min(np.unique(np.asarray(labels), return_counts=True)[1])
        if smallest_class < 2:
            return 1.0
        folds = StratifiedKFold(int(min(_CALIBRATION_FOLDS, smallest_class)), shuffle=True, random_state=_SEED)
        scores: list[npt.NDArray[np.float64]] = []
        targets: list[int] = []
        for train, held_out in folds.split(np.zeros(len(texts)), labels):
            part = TopicModel(
                regularisation=self.regularisation,
                dense_weight=self.dense_weight,
                min_document_frequency=self.min_document_frequency,
            )
            part._fit_machine([texts[i] for i in train], vectors[train], [labels[i] for i in train])
            scores.append(part.scores([texts[i] for i in held_out], vectors[held_out]))
            targets += [part.labels.index(labels[i]) for i in held_out]
        stacked, target = np.concatenate(scores), np.asarray(targets)

        def loss(log_temperature: float) -> float:
            probabilities = _softmax(stacked / np.exp(log_temperature))
            return float(-np.log(probabilities[np.arange(len(target)), target] + 1e-12).mean())

        return float(np.exp(minimize_scalar(loss, bounds=(-4.0, 2.0), method="bounded").x))


def _softmax(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: npt.NDArray[np.float64] = shifted / shifted.sum(axis=1, keepdims=True)
    return result
