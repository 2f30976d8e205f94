"""The classifier's mathematics: kernel ridge regression over character n-grams and sentence vectors.

Free of Rasa, so that cross-validation and learning curves can use it directly.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

Vectors = npt.NDArray[np.float32]

_NGRAMS = (2, 5)  # characters
_LOG_TEMPERATURES = (-5.0, 2.0)
_JUDGED = 6_000
"""So many examples, chosen at random, tell how sure the model may be; judging all would take as long as learning."""
_SEED = 7


@dataclasses.dataclass(frozen=True)
class Ranked:
    """One label and how sure the model is of it, 0 to 1."""

    label: str
    confidence: float


@dataclasses.dataclass(frozen=True)
class Learnt:
    """What a trained model keeps: the examples' features and the weight of each example for each label.

    characters: the vectoriser of character n-grams. postings: which examples hold an n-gram, shape (n-grams, n).
    centre: the mean sentence vector. dense: the centred sentence vectors of length 1, shape (n, d). weights: shape
    (n, labels).
    """

    characters: TfidfVectorizer
    postings: csr_matrix
    centre: Vectors
    dense: Vectors
    weights: Vectors


class TopicModel:
    """Learns labels from texts and their sentence vectors; its confidences are calibrated by temperature scaling.

    The kernel of two texts is the cosine of their character n-grams plus `dense_weight` times a Gaussian of the
    distance of their sentence vectors (`sharpness`). The ridge solution gives the score that each example would have
    got without itself in closed form (Rasmussen and Williams 2006, "Gaussian Processes for Machine Learning", 5.4.2);
    the temperature is fitted on such leave-one-out scores (Guo et al. 2017, "On Calibration of Modern Neural
    Networks"), so a confidence of 0.8 is meant to be right in 8 of 10 cases.
    """

    def __init__(self, *, regularisation: float = 0.4, dense_weight: float = 5.0, sharpness: float = 0.8) -> None:
        self.regularisation = regularisation
        self.dense_weight = dense_weight
        self.sharpness = sharpness
        self.temperature = 1.0
        self.labels: list[str] = []
        self._learnt: Learnt | None = None

    def fit(self, texts: Sequence[str], vectors: Vectors, labels: Sequence[str]) -> TopicModel:
        """Learn from texts, their sentence vectors of shape (n, d), and their n labels."""
        features, kernel = self._learn(texts, vectors, labels)
        places = {label: place for place, label in enumerate(self.labels)}
        targets = np.array([places[label] for label in labels])
        judged = np.random.default_rng(_SEED).permutation(len(targets))[:_JUDGED]
        weights, left_out = self._solve(kernel, targets, judged)
        self._learnt = dataclasses.replace(features, weights=weights)
        self.temperature = _fit_temperature(left_out, targets[judged])
        return self

    def rank(self, texts: Sequence[str], vectors: Vectors, *, length: int | None = None) -> list[list[Ranked]]:
        """Return, for each text, the labels from the most to the least likely."""
        probabilities = _softmax(self.scores(texts, vectors) / self.temperature)
        order = np.argsort(-probabilities, axis=1)[:, :length]
        return [
            [Ranked(self.labels[column], float(row[column])) for column in columns]
            for row, columns in zip(probabilities, order, strict=True)
        ]

    def scores(self, texts: Sequence[str], vectors: Vectors) -> Vectors:
        """Return how much each label's examples speak for it, shape (len(texts), len(labels))."""
        learnt = self._learnt
        if learnt is None:
            raise ValueError("the model is not trained; call fit() first")
        kernel = self._kernel(
            learnt.characters.transform(texts), _directions(vectors, learnt.centre), learnt.postings, learnt.dense
        )
        scores: Vectors = kernel @ learnt.weights
        return scores

    def save(self, path: Path) -> None:
        """Write the trained model as an .npz file of plain arrays."""
        if self._learnt is None:
            raise ValueError("the model is not trained; call fit() first")
        learnt = self._learnt
        np.savez(
            path,
            labels=np.array(self.labels),
            settings=np.array([self.dense_weight, self.sharpness, self.temperature]),
            ngrams=learnt.characters.get_feature_names_out().astype(str),
            rarity=learnt.characters.idf_,
            postings=learnt.postings.data,
            posting_columns=learnt.postings.indices,
            posting_rows=learnt.postings.indptr,
            centre=learnt.centre,
            dense=learnt.dense,
            weights=learnt.weights,
        )

    @classmethod
    def load(cls, path: Path) -> TopicModel:
        """Read a trained model; a file that holds anything but arrays is refused (ValueError)."""
        with np.load(path, allow_pickle=False) as kept:
            dense_weight, sharpness, temperature = kept["settings"].tolist()
            model = cls(dense_weight=dense_weight, sharpness=sharpness)
            model.temperature = temperature
            model.labels = kept["labels"].tolist()
            characters = _vectoriser(kept["ngrams"].tolist())
            characters.idf_ = kept["rarity"]
            postings = csr_matrix(
                (kept["postings"], kept["posting_columns"], kept["posting_rows"]),
                shape=(len(kept["ngrams"]), len(kept["dense"])),
            )
            model._learnt = Learnt(characters, postings, kept["centre"], kept["dense"], kept["weights"])
        return model

    def _learn(self, texts: Sequence[str], vectors: Vectors, labels: Sequence[str]) -> tuple[Learnt, Vectors]:
        """Return the examples' features, without weights yet, and the kernel of shape (n, n)."""
        self.labels = sorted(set(labels))
        characters = _vectoriser()
        grams = characters.fit_transform(texts)
        postings = grams.T.tocsr()
        centre = vectors.mean(axis=0)
        dense = _directions(vectors, centre)
        features = Learnt(characters, postings, centre, dense, np.empty((0, 0), dtype=np.float32))
        return features, self._kernel(grams, dense, postings, dense)

    def _penalties(self, targets: npt.NDArray[np.int64]) -> Vectors:
        """Return each example's ridge: labels with few examples count as much as those with many."""
        sizes = np.bincount(targets)[targets]
        penalties: Vectors = (self.regularisation * sizes * len(self.labels) / len(targets)).astype(np.float32)
        return penalties

    def _kernel(self, grams: csr_matrix, dense: Vectors, postings: csr_matrix, example_vectors: Vectors) -> Vectors:
        """Return the similarity of each text to each example, shape (texts, examples)."""
        kernel: Vectors = dense @ example_vectors.T
        kernel -= 1
        kernel *= 2 * self.sharpness
        np.exp(kernel, out=kernel)
        kernel *= self.dense_weight
        # Row by row: the product of the two sparse matrices would fill more memory than the kernel itself.
        for row, (start, end) in enumerate(zip(grams.indptr, grams.indptr[1:], strict=False)):
            kernel[row] += postings[grams.indices[start:end]].T @ grams.data[start:end]
        return kernel

    def _solve(
        self, kernel: Vectors, targets: npt.NDArray[np.int64], judged: npt.NDArray[np.int64]
    ) -> tuple[Vectors, Vectors]:
        """Return the weights of all examples and the leave-one-out scores of those `judged`, shape (…, labels).

        `kernel` is overwritten: at ten thousand examples each copy of it takes 400 MB.
        """
        count = len(targets)
        wanted = np.zeros((count, len(self.labels)), dtype=np.float32)
        wanted[np.arange(count), targets] = 1
        kernel[np.diag_indices(count)] += self._penalties(targets)
        factor = cho_factor(kernel.T, lower=True, overwrite_a=True, check_finite=False)
        weights = cho_solve(factor, wanted, check_finite=False)
        columns = np.zeros((count, len(judged)), dtype=np.float32)
        columns[judged, np.arange(len(judged))] = 1
        columns = solve_triangular(factor[0], columns, lower=True, overwrite_b=True, check_finite=False)
        diagonal = np.einsum("ij,ij->j", columns, columns)
        return weights, wanted[judged] - weights[judged] / diagonal[:, np.newaxis]


def _vectoriser(ngrams: Sequence[str] | None = None) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer="char_wb", ngram_range=_NGRAMS, sublinear_tf=True, dtype=np.float32, vocabulary=ngrams
    )


def _directions(vectors: Vectors, centre: Vectors) -> Vectors:
    """Return what tells sentence vectors apart: vectors of this family all point in nearly the same direction."""
    centred = vectors - centre
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    directions: Vectors = (centred / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
    return directions


def _fit_temperature(scores: Vectors, targets: npt.NDArray[np.int64]) -> float:
    def loss(log_temperature: float) -> float:
        probabilities = _softmax(scores / np.exp(log_temperature))
        return float(-np.log(probabilities[np.arange(len(targets)), targets] + 1e-12).mean())

    return float(np.exp(minimize_scalar(loss, bounds=_LOG_TEMPERATURES, method="bounded").x))


def _softmax(scores: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:  # type: ignore[type-arg]
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: npt.NDArray[np.floating] = shifted / shifted.sum(axis=1, keepdims=True)  # type: ignore[type-arg]
    return result
