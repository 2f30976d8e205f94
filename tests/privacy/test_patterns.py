"""No pattern runs away on texts that send one with two ways to match the same back and forth."""

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator

import pytest

from components.privacy import allow, normalise, recognisers

MODULES = [
    importlib.import_module(f"{recognisers.__name__}.{item.name}")
    for item in pkgutil.iter_modules(recognisers.__path__)
]
UNITS = [
    "1", "1 ", "12 ", "a", "a ", "A", "a.", "1.", "-", ". ", "1/", "1\n", "a1", "a 1 ", "_", "a@", " at ", "a dot ",
    "one ", "one", "kaksi", "katu ", "[.]", "a:", "0", "o", "may ", "a slash ", "tunnus ", "+1", "FI1", "#", '"',
]  # fmt: skip
ENDS = ["!", "/", ":", "@", "\ue000", "1", "a", " "]
# Where the work doubles with each character, 22 of them show it; where it grows with the square, 1,000 do.
LENGTHS = (22, 1000)


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    for module in (*MODULES, allow, normalise):
        for name, value in vars(module).items():
            for number, item in enumerate(value if isinstance(value, tuple) else (value,)):
                found = getattr(item, "pattern", None) if not isinstance(item, re.Pattern) else item
                if isinstance(found, re.Pattern):
                    yield f"{module.__name__.rpartition('.')[2]}.{name}[{number}]", found


PATTERNS = dict(patterns())


def test_patterns_are_seen() -> None:
    assert len(PATTERNS) > 150


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS.keys())
def test_time_is_bounded(pattern: re.Pattern[str], length: int) -> None:
    for unit in UNITS:
        for end in ENDS:
            text = unit * (length // len(unit)) + end
            start = time.process_time()
            for _ in pattern.finditer(text):
                pass
            assert time.process_time() - start < 0.1, text
