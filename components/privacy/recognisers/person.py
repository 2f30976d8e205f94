"""Names of people, in any case and form, by the words around them."""

from __future__ import annotations

from collections.abc import Iterator

from components.privacy.names.tagger import names_in
from components.privacy.recognisers.base import Recogniser
from components.privacy.spans import Document, Hit


class Person(Recogniser):
    """First names, family names and full names of people (components/privacy/names)."""

    label = "PERSON"
    min_digits = 0
    reads_context = True

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield the names in a document."""
        for start, end, score in names_in(document.text):
            yield self.hit(start, end, score)
