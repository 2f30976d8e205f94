"""Training, and knowing when it is needed."""

from __future__ import annotations

import hashlib
import logging
import time
from pathlib import Path

from luotsi.paths import MODELS, ROOT, STATISTICS

_MODEL_NAME = "luotsi"
_STAMP = MODELS / "trained-from.sha256"
# The privacy package is left out on purpose: a better recogniser works at once and needs no new model, except for
# examples, which hold no personal data anyway.
_INPUTS = (
    "config.yml",
    "domain.yml",
    "data",
    "components/content",
    "components/nlu",
    "components/dialogue",
    "requirements.lock",
)
# Figures, notices and announcements are read when they are asked for: new ones need no new model.
_READ_WHILE_RUNNING = (
    STATISTICS,
    ROOT / "data" / "privacy",
    ROOT / "data" / "announcements.yml",
    ROOT / "data" / "accessibility.yml",
)
_SUFFIXES = frozenset({".yml", ".yaml", ".py", ".lock", ".json", ".csv", ".txt"})


def fingerprint() -> str:
    """Return a digest of everything that the model is made from."""
    digest = hashlib.sha256()
    for path in sorted(_input_files()):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_current() -> bool:
    """Tell whether the newest model was made from what is there now."""
    return any(MODELS.glob("*.tar.gz")) and _STAMP.exists() and _STAMP.read_text(encoding="ascii") == fingerprint()


def train() -> float:
    """Train a model, keep its fingerprint, and return the seconds it took."""
    from luotsi.quiet import configure_logging

    configure_logging(logging.ERROR)
    import rasa

    digest = fingerprint()
    started = time.monotonic()
    result = rasa.train(
        domain=str(ROOT / "domain.yml"),
        config=str(ROOT / "config.yml"),
        training_files=[str(ROOT / "data")],
        output=str(MODELS),
        fixed_model_name=_MODEL_NAME,
        force_training=True,
    )
    if result.code != 0 or result.model is None:
        raise RuntimeError(f"Rasa could not train the model (status {result.code}); the messages above say why.")
    _STAMP.write_text(digest, encoding="ascii")
    return time.monotonic() - started


def keep_vectors() -> tuple[Path, int]:
    """Write the sentence vectors of all examples into the project; return the file and how many it holds."""
    from components.nlu.example_vectors import PROJECT_FILE, digest, encode_examples, round_vectors, write_vectors
    from luotsi.cross_validation import training_questions

    texts = list({digest(question.text): question.text for question in training_questions()}.values())
    rounded = round_vectors(encode_examples(texts))
    write_vectors(PROJECT_FILE, dict(zip(map(digest, texts), rounded, strict=True)))
    return PROJECT_FILE, len(texts)


def _input_files() -> list[Path]:
    files: list[Path] = []
    for name in _INPUTS:
        path = ROOT / name
        files += [path] if path.is_file() else [item for item in path.rglob("*") if item.suffix in _SUFFIXES]
    return [path for path in files if not any(other in (path, *path.parents) for other in _READ_WHILE_RUNNING)]
