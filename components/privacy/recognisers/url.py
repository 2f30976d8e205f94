"""Web addresses of personal pages and files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy import allow
from components.privacy.recognisers.base import Recogniser
from components.privacy.spans import Document, Hit

_OWN_DOMAIN = re.compile(r"(?<![\w@.-])[a-z0-9-]{3,40}\.(?:fi|com|net|org|me|eu|io|name)(?![\w.@-])")
_OWN_CUE = re.compile(
    r"kotisivu|sivuni|sivusto|verkkosivu|nettisivu|blogi|my (?:site|page|web|blog|home)|"
    r"portfolio|profil|linkk|\bfb\b|insta"
)
_TAIL = ".,;:!?)]}"


class Url(Recogniser):
    """Links; pages of the authorities and of the law stay unless the link carries an identifier."""

    label = "URL"
    min_digits = 0
    trigger = r"www\.|://|\.[a-z]{2,12}/|\.(?:fi|com|net|org|me|eu|io|name)\b"

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield links."""
        text = document.lower
        if "." not in text:
            return
        for match in allow.LINK.finditer(text):
            end = match.end()
            while text[end - 1] in _TAIL:
                end -= 1
            yield self.hit(match.start(), end, 0.8)  # public pages are hidden from every recogniser
        for match in _OWN_DOMAIN.finditer(text):
            if _OWN_CUE.search(document.before(match.start(), 30)) and not allow.is_public_page(match.group()):
                yield self.hit(match.start(), match.end(), 0.6)
