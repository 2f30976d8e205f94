"""Questions that nobody has asked before: training examples with small changes."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping, Sequence

_BEFORE: Mapping[str, Sequence[str]] = {
    "fi": ("hei,", "moi", "terve", "mä mietin että", "kysymys:"),
    "en": ("hi,", "hello", "please,", "i was wondering", "question:"),
}
_AFTER: Mapping[str, Sequence[str]] = {
    "fi": ("kiitos", "?", "osaatko sanoa", "siis"),
    "en": ("thanks", "?", "do you know", "please"),
}


class Variations:
    """Makes questions per language; none is given twice and none is an example itself. Safe for several threads."""

    def __init__(self, examples: Mapping[str, Sequence[str]], *, seed: int) -> None:
        self._examples = examples
        self._random = random.Random(seed)
        self._given = {text for texts in examples.values() for text in texts}
        self._lock = threading.Lock()

    def next(self, language: str) -> str:
        """Return the next question."""
        with self._lock:
            while True:
                question = self._varied(self._random.choice(self._examples[language]), language)
                if question not in self._given:
                    self._given.add(question)
                    return question

    def _varied(self, text: str, language: str) -> str:
        changes: list[Callable[[str], str]] = [
            self._with_typo,
            lambda words: f"{self._random.choice(_BEFORE[language])} {words}",
            lambda words: f"{words} {self._random.choice(_AFTER[language])}",
        ]
        for change in self._random.sample(changes, self._random.randint(1, 2)):
            text = change(text)
        return text

    def _with_typo(self, text: str) -> str:
        places = [index for index in range(1, len(text) - 1) if text[index].isalpha() and text[index + 1].isalpha()]
        if not places:
            return text
        place = self._random.choice(places)
        first, second = text[place], text[place + 1]
        changed = self._random.choice((second + first, second, first * 2 + second))
        return text[:place] + changed + text[place + 2 :]
