"""Tracking codes of parcels."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy.recognisers.base import END_OF_WORD, FIRST_LETTER, NOT_IN_WORD, SEP, Recogniser, spaced
from components.privacy.spans import Document, Hit

_AFTER_LETTERS = (
    # Universal Postal Union S10: two letters, nine digits, two letters of the country
    (
        re.compile(rf"{FIRST_LETTER}{SEP}[a-z][ -]?{spaced('[0-9]', 9)}[ -]?{spaced('[a-z]', 2)}{END_OF_WORD}"),
        0.9,
    ),
    # Posti and other Nordic carriers
    (re.compile(rf"j(?<![^\W_]j)[ ]?j[ ]?[a-z][ ]?[a-z](?:[ -]?[0-9]){{8,22}}{END_OF_WORD}"), 0.9),
    (re.compile(rf"j(?<![^\W_]j)d[0-9]{{16,20}}{END_OF_WORD}"), 0.9),  # DHL
    (re.compile(rf"t(?<![^\W_]t)ba[0-9]{{12}}{END_OF_WORD}"), 0.9),  # Amazon
    (re.compile(rf"l(?<![^\W_]l)[px][0-9]{{14,16}}{END_OF_WORD}"), 0.9),  # Cainiao
    (re.compile(rf"{NOT_IN_WORD}(?:gm|gls|dpd|mh|cf|at|hx|yt|4px|spx)[0-9]{{10,20}}[a-z]{{0,2}}{END_OF_WORD}"), 0.8),
)
_OTHERS = (
    (re.compile(rf"1(?<![^\W_]1)[ ]?z(?:[ -]?[a-z0-9]){{16}}{END_OF_WORD}"), 0.9),  # UPS
    (re.compile(r"0(?<![0-9]0)[ ]?0[ ]?[0-9](?:[ -]?[0-9]){17}(?![0-9])"), 0.85),  # GS1 shipment code
)


class ParcelTracking(Recogniser):
    """Codes under which anyone can follow a person's parcel."""

    label = "PARCEL_TRACKING"
    min_digits = 8

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield tracking codes."""
        for shape, score in (*_AFTER_LETTERS, *_OTHERS) if document.after_letters else _OTHERS:
            for match in shape.finditer(document.lower):
                yield self.hit(match.start(), match.end(), score)
