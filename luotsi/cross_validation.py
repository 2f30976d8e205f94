"""Cross-validation of the pipeline's own parts, faster than through Rasa and with the final decision included."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from components.content.names import OUT_OF_SCOPE
from luotsi.decisions import outward
from luotsi.evaluation import Outcome, Question
from luotsi.paths import FAQ, ROOT

_SEED = 7


@functools.cache
def training_questions() -> list[Question]:
    """Return every training example with its language."""
    from rasa.shared.nlu.training_data.loading import load_data

    from components.content.catalogue import load_catalogue
    from components.content.importer import topic_examples
    from components.content.schema import LANGUAGES

    topics = [
        Question(message.get("metadata")["example"]["language"], message.get("intent"), message.get("text"))
        for message in topic_examples(load_catalogue(FAQ))
    ]
    conversation = [
        Question(language, message.get("intent"), message.get("text"))
        for language in LANGUAGES
        for message in load_data(str(ROOT / "data" / "nlu" / language)).intent_examples
    ]
    return topics + conversation


def cross_validate(*, folds: int = 5, progress: Callable[[str], None] = lambda _: None) -> list[Outcome]:
    """Return the outcome of every example when the model was trained without its fold.

    Intents of other authorities count as `out_of_scope`, in the truth as in the decision.
    """
    from sklearn.model_selection import StratifiedKFold

    questions = training_questions()
    progress(f"encoding {len(questions)} examples")
    vectors = _encode(questions)
    outcomes: list[Outcome] = []
    splitter = StratifiedKFold(folds, shuffle=True, random_state=_SEED)
    splits = splitter.split(np.zeros(len(questions)), [question.intent for question in questions])
    for fold, (train, test) in enumerate(splits, start=1):
        progress(f"fold {fold} of {folds}")
        outcomes += _judge(questions, vectors, train, test)
    return outcomes


def split(*, training_share: float = 0.8, progress: Callable[[str], None] = lambda _: None) -> list[Outcome]:
    """Return the outcomes of the test part of Rasa's own split (`rasa data split nlu`), stratified by intent."""
    from rasa.shared.nlu.training_data.message import Message
    from rasa.shared.nlu.training_data.training_data import TrainingData

    questions = training_questions()
    examples = [
        Message({"text": question.text, "intent": question.intent, "place": place})
        for place, question in enumerate(questions)
    ]
    train, test = TrainingData(examples).train_test_split(training_share, random_seed=_SEED)
    progress(f"encoding {len(questions)} examples")
    vectors = _encode(questions)
    progress(f"training on {len(train.intent_examples)}, testing on {len(test.intent_examples)}")
    places = [[example.get("place") for example in part.intent_examples] for part in (train, test)]
    return _judge(questions, vectors, places[0], places[1])


def learning_curve(
    shares: Sequence[float] = (0.25, 0.5, 0.75, 1.0), *, progress: Callable[[str], None] = lambda _: None
) -> list[tuple[int, list[Outcome]]]:
    """Return (number of training examples, outcomes of the same fifth) for growing shares of the other four fifths."""
    from sklearn.model_selection import StratifiedKFold

    questions = training_questions()
    progress(f"encoding {len(questions)} examples")
    vectors = _encode(questions)
    splitter = StratifiedKFold(5, shuffle=True, random_state=_SEED)
    train, test = next(splitter.split(np.zeros(len(questions)), [question.intent for question in questions]))
    mixed = np.random.default_rng(_SEED).permutation(train)
    curve: list[tuple[int, list[Outcome]]] = []
    for share in shares:
        part = mixed[: int(share * len(mixed))]
        progress(f"training on {len(part)} examples")
        curve.append((len(part), _judge(questions, vectors, part.tolist(), test)))
    return curve


def _encode(questions: list[Question]) -> Any:
    from components.nlu.example_vectors import encode_examples

    return encode_examples([question.text for question in questions])


def _judge(questions: list[Question], vectors: Any, train: Sequence[int], test: Sequence[int]) -> list[Outcome]:
    from components.nlu.classifier import RANKING_LENGTH, TopicClassifier
    from components.nlu.fallback import Thresholds, decide
    from components.nlu.topic_model import TopicModel

    model = TopicModel(**TopicClassifier.get_default_config()).fit(
        [questions[i].text for i in train], vectors[train], [questions[i].intent for i in train]
    )
    ranked = model.rank([questions[i].text for i in test], vectors[test], length=RANKING_LENGTH)
    outcomes: list[Outcome] = []
    for index, ranking in zip(test, ranked, strict=True):
        intents = [{"name": item.label, "confidence": item.confidence} for item in ranking]
        name, _ = decide(intents, None, Thresholds())
        outcomes.append(
            Outcome(
                _outside(questions[index]),
                outward(name),
                tuple(item.label for item in ranking),
                ranking[0].confidence,
            )
        )
    return outcomes


def _outside(question: Question) -> Question:
    return Question(question.language, outward(question.intent), question.text)


def built_intents() -> Iterator[str]:
    """Yield every intent that the model knows, with `out_of_scope`."""
    yield OUT_OF_SCOPE
    yield from {question.intent for question in training_questions()}
