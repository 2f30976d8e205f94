"""Web addresses of personal pages and files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy import allow
from components.privacy.cues import Cue
from components.privacy.recognisers.base import Recogniser
from components.privacy.spans import Document, Hit

_OWN_DOMAIN = re.compile(r"(?<![\w@.-])[a-z0-9-]{3,40}\.(?:fi|com|net|org|me|eu|io|name)(?![\w.@-])")
_OWN_CUE = Cue(
    r"kotisivu|sivuni|sivusto|verkkosivu|nettisivu|blogi|my (?:site|page|web|blog|home)|"
    r"portfolio|profil|linkk|\bfb\b|insta"
)
# In words, or with brackets so that it is no link: "dropbox dot com slash x", "drive.google[.]com/x"
_PART = r"[a-z0-9-]{1,40}"
_IN_WORDS = re.compile(
    rf"(?<![\w@.-])(?:(?:https?|hxxps?)[ :/]{{1,4}})?(?P<host>{_PART}(?:(?:\.| (?:dot|piste) ){_PART}){{1,4}})"
    rf"(?: (?:slash|kautta|kauttaviiva) [a-z0-9_.@-]{{1,60}}){{1,6}}"
)
_SLASH_WORD = Cue("slash|kautta")
_BRACKETS = r"[\[({](?:\.|dot|piste)[\])}]"
_DEFANGED = re.compile(
    rf"(?<![\w@.-])(?:(?:https?|hxxps?)://|www\.)?(?P<host>{_PART}(?:(?:\.|{_BRACKETS}){_PART}){{0,4}}{_BRACKETS}"
    rf"(?:{_PART}\.){{0,2}}[a-z]{{2,12}})(?:/[^\s<>\"'\ue000]{{0,400}})?(?![\w@])"
)
_TAIL = ".,;:!?)]}"


class Url(Recogniser):
    """Links; pages of the authorities and of the law stay unless the link carries an identifier."""

    label = "URL"
    min_digits = 0
    trigger = r"slash|kautta|www\.|://|[a-z]{2}/|\.fi\b|\.com\b|\.net\b|\.org\b|\.me\b|\.eu\b|\.io\b|\.name\b"

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield links."""
        text = document.lower
        for match in _IN_WORDS.finditer(text) if _SLASH_WORD.somewhere(document) else ():
            if not allow.is_public_page(re.sub(" (?:dot|piste) ", ".", match["host"])):
                yield self.hit(match.start(), match.end(), 0.7)
        if "." not in text:
            return
        for match in _DEFANGED.finditer(text) if "[." in text or "(." in text or "[dot" in text else ():
            if not allow.is_public_page(re.sub(_BRACKETS, ".", match["host"])):
                yield self.hit(match.start(), match.end(), 0.7)
        for match in allow.LINK.finditer(text) if "/" in text or "www." in text else ():
            end = match.end()
            while text[end - 1] in _TAIL:
                end -= 1
            yield self.hit(match.start(), end, 0.8)  # public pages are hidden from every recogniser
        for match in _OWN_DOMAIN.finditer(text) if _OWN_CUE.somewhere(document) else ():
            if _OWN_CUE.near(document, *match.span(), before=30) and not allow.is_public_page(match.group()):
                yield self.hit(match.start(), match.end(), 0.6)
