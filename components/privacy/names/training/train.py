"""Train the tagger of names: `python -m components.privacy.names.training.train` (about five minutes)."""

from __future__ import annotations

import hashlib
import sys
import time
from dataclasses import replace
from pathlib import Path

import pycrfsuite

from components.privacy.allow import hide as hide_public
from components.privacy.names.features import capitals_of, describe, features, tokens
from components.privacy.names.lexicon import DATA, Lexicon, lexicon
from components.privacy.names.tagger import MODEL
from components.privacy.names.training.corpus import Message, messages, read_names
from components.privacy.normalise import normalise

DIGEST = MODEL.with_suffix(".sha256")

_SEED = 20261122
_COPIES = 28  # of each template, filled with other names
_PLAIN_COPIES = 4  # of each message without a name, with other words
_PARAMETERS = {
    "c1": 0.3,
    "c2": 0.02,
    "max_iterations": 140,
    "feature.minfreq": 3,
    "feature.possible_transitions": True,
}


def rows_of(message: Message, *, words: Lexicon, hide: bool) -> tuple[list[list[str]], list[str]]:
    """Return the features and the labels (N in a name, O outside) of every token of a message.

    With `hide`, the names look as if no list of names held them, and the words as if the everyday ones were unknown.
    """
    if hide:
        words = replace(words, everyday=frozenset(), _plain={})
    normal = hide_public(normalise(message.text).text)
    text = normal if len(normal) == len(message.text) else message.text
    found = tokens(text)
    labels = [
        "N" if any(start <= token.start and token.end <= end for start, end in message.names) else "O"
        for token in found
    ]
    looks = [
        describe(token, words, hide_lists=hide and label == "N") for token, label in zip(found, labels, strict=True)
    ]
    return features(looks, capitals=capitals_of(found)), labels


def train(output: Path, *, words: Lexicon) -> int:
    """Train on the lists and templates of this package, write the model, and return the number of messages."""
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    count = 0
    for message, hide in messages(read_names(), seed=_SEED, copies=_COPIES, plain_copies=_PLAIN_COPIES):
        rows, labels = rows_of(message, words=words, hide=hide)
        if rows:
            trainer.append(rows, labels)
            count += 1
    trainer.set_params(_PARAMETERS)
    trainer.train(str(output))
    return count


def digest() -> str:
    """Return the SHA-256 of the lists and templates that a model was trained on."""
    found = hashlib.sha256()
    for path in sorted([*DATA.rglob("*.txt"), *DATA.rglob("*.yml")]):
        found.update(path.relative_to(DATA).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def main() -> None:
    """Train the tagger; write its model and the digest of what it was trained on beside the lists."""
    started = time.monotonic()
    sys.stdout.write("Training the tagger of names (four to five minutes) …\n")
    count = train(MODEL, words=lexicon())
    DIGEST.write_text(digest() + "\n", encoding="ascii")
    sys.stdout.write(f"{MODEL.name}: {count} messages, {time.monotonic() - started:.0f} s\n")


if __name__ == "__main__":
    main()
