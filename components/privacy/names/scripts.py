"""Names in other scripts than the Latin one, for which there is no trained tagger.

A few words of another script inside a Finnish or English message are nearly always the writer's own name. In a message
that is all in another script, the words after "my name is" and the names of our lists are masked, and in Cyrillic also
two capitalised words in a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from components.privacy.names.features import Token
from components.privacy.names.lexicon import Lexicon

_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_LONGEST_RUN = 4
_CUES = re.compile(
    r"(?:меня зовут|мене звати|мо[её] имя|моя фамилия|моє ім'я|моє прізвище|с уважением,?|з повагою,?"
    r"|اسمي|إسمي|أنا اسمي|نام من|اسم من|نام خانوادگی من)[ :]{1,2}(?P<words>[^\W\d_]+(?: [^\W\d_]+){0,2})"
    r"|(?:我叫|我的名字是|我名叫|姓名[:：]? ?)(?P<han>[\u4e00-\u9fff]{2,4})"
    r"|(?:ชื่อ) ?(?P<thai>[\u0e00-\u0e7f]{2,30}(?: [\u0e00-\u0e7f]{2,30})?)",
    re.I,
)
_CYRILLIC_PAIR = re.compile(r"(?<!\w)[А-ЯЁІЇЄҐ][а-яёіїєґ']+ [А-ЯЁІЇЄҐ][а-яёіїєґ']+(?: [А-ЯЁІЇЄҐ][а-яёіїєґ']+)?(?!\w)")
_SCORE = 0.8


def is_latin(word: str) -> bool:
    """Tell whether a word begins with a Latin letter."""
    return _LATIN.match(word) is not None


def foreign_names(text: str, found: Sequence[Token], words: Lexicon) -> Iterator[tuple[int, int, float]]:
    """Yield start, end and score of the names that are written in another script."""
    letters = [token for token in found if token.kind == "word"]
    foreign = [token for token in letters if not is_latin(token.text)]
    if not foreign:
        return
    mostly_latin = 2 * len(foreign) <= len(letters)
    run: list[Token] = []
    for token in [*letters, None]:
        if token is not None and not is_latin(token.text):
            run.append(token)
            continue
        if run and len(run) <= _LONGEST_RUN and (mostly_latin or len(letters) <= _LONGEST_RUN):
            yield run[0].start, run[-1].end, _SCORE
        run = []
    for token in foreign:
        low = token.text.casefold()
        if low in words.given or low in words.family:
            yield token.start, token.end, _SCORE
    for match in _CUES.finditer(text):
        start, end = match.span(match.lastgroup or 0)
        yield start, end, _SCORE
    for match in _CYRILLIC_PAIR.finditer(text):
        yield match.start(), match.end(), _SCORE
