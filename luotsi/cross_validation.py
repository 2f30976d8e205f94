"""Cross-validation of the pipeline's own parts, faster than through Rasa and with the final decision included."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import numpy as np

from components.content.names import OUT_OF_SCOPE, is_out_of_scope
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

    from components.nlu.classifier import TopicClassifier
    from components.nlu.fallback import Thresholds, decide
    from components.nlu.sentence_encoder import encode
    from components.nlu.topic_model import TopicModel

    questions = training_questions()
    texts = [question.text for question in questions]
    labels = [question.intent for question in questions]
    progress(f"encoding {len(texts)} examples")
    vectors = encode(texts)
    outcomes: list[Outcome] = []
    splitter = StratifiedKFold(folds, shuffle=True, random_state=_SEED)
    for fold, (train, test) in enumerate(splitter.split(np.zeros(len(texts)), labels), start=1):
        progress(f"fold {fold} of {folds}")
        model = TopicModel(**TopicClassifier.get_default_config()).fit(
            [texts[i] for i in train], vectors[train], [labels[i] for i in train]
        )
        ranked = model.rank([texts[i] for i in test], vectors[test], length=10)
        for index, ranking in zip(test, ranked, strict=True):
            intents = [{"name": item.label, "confidence": item.confidence} for item in ranking]
            name, _ = decide(intents, None, Thresholds())
            outcomes.append(
                Outcome(
                    _outside(questions[index]),
                    OUT_OF_SCOPE if is_out_of_scope(name) else name,
                    tuple(item.label for item in ranking),
                )
            )
    return outcomes


def _outside(question: Question) -> Question:
    intent = OUT_OF_SCOPE if is_out_of_scope(question.intent) else question.intent
    return Question(question.language, intent, question.text)


def built_intents() -> Iterator[str]:
    """Yield every intent that the model knows, with `out_of_scope`."""
    yield OUT_OF_SCOPE
    yield from {question.intent for question in training_questions()}
