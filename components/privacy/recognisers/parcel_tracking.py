"""Tracking codes of parcels."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy.recognisers.base import END_OF_WORD, NOT_IN_WORD, Recogniser, spaced
from components.privacy.spans import Document, Hit

_SHAPES = (
    # Universal Postal Union S10: two letters, nine digits, two letters of the country
    (
        re.compile(
            rf"{NOT_IN_WORD}"
            rf"{spaced('[a-z]', 2)}[ -]?{spaced('[0-9]', 9)}[ -]?{spaced('[a-z]', 2)}{END_OF_WORD}"
        ),
        0.9,
    ),
    # Posti and other Nordic carriers
    (re.compile(rf"{NOT_IN_WORD}j[ ]?j[ ]?[a-z][ ]?[a-z](?:[ -]?[0-9]){{8,22}}{END_OF_WORD}"), 0.9),
    (re.compile(rf"{NOT_IN_WORD}1[ ]?z(?:[ -]?[a-z0-9]){{16}}{END_OF_WORD}"), 0.9),  # UPS
    (re.compile(r"(?<![0-9])0[ ]?0[ ]?[0-9](?:[ -]?[0-9]){17}(?![0-9])"), 0.85),  # GS1 shipment code
    (re.compile(rf"{NOT_IN_WORD}jd[0-9]{{16,20}}{END_OF_WORD}"), 0.9),  # DHL
    (re.compile(rf"{NOT_IN_WORD}tba[0-9]{{12}}{END_OF_WORD}"), 0.9),  # Amazon
    (re.compile(rf"{NOT_IN_WORD}l[px][0-9]{{14,16}}{END_OF_WORD}"), 0.9),  # Cainiao
    (re.compile(rf"{NOT_IN_WORD}(?:gm|gls|dpd|mh|cf|at|hx|yt|4px|spx)[0-9]{{10,20}}[a-z]{{0,2}}{END_OF_WORD}"), 0.8),
)


class ParcelTracking(Recogniser):
    """Codes under which anyone can follow a person's parcel."""

    label = "PARCEL_TRACKING"
    min_digits = 8

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield tracking codes."""
        for shape, score in _SHAPES:
            for match in shape.finditer(document.lower):
                yield self.hit(match.start(), match.end(), score)
