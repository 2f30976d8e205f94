"""User names and handles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy.recognisers.base import Recogniser
from components.privacy.spans import Document, Hit

_HANDLE = re.compile(r"(?<![\w@./])@[a-z0-9_](?:[a-z0-9_.-]{1,38}[a-z0-9_])(?![\w@])")
_AFTER_CUE = re.compile(
    r"(?:käyttäjä(?:nimi|tunnus|tunnukse)[a-zåäö]{0,4}|user ?name|user id|username|login|log-?in|nick(?:name|i|"
    r"ini|kini)?|nikki(?:ni)?|"
    r"screen name|(?<![\w-])tunnu(?:s|kseni|kse[a-z]{0,3})|handle|account name|(?<!\w)(?:instagram|insta|ig|"
    r"telegram|snapchat|snap|tiktok|facebook|fb|twitter|discord|skype|messenger)|[a-zåäö]{0,12}nimeni)(?:(?: is|"
    r" on| oli| was|:| =| -|=){0,2}) {1,2}[\"'(]?"
    r"(?P<name>[\w@][\w.@-]{2,38}\w)"
)
_LOOKS_MADE = re.compile(r"[0-9_@.]|[a-z]-[a-z]")
_LETTER = re.compile(r"[^\W\d_]")


class Username(Recogniser):
    """Handles with an at sign, and made-up names after words for a user name."""

    label = "USERNAME"
    min_digits = 0
    trigger = (
        r"user|log-?in|nick|nikki|screen name|tunnu|handle|account name|nimeni|käyttäjä|insta|telegram|"
        r"snap|tiktok|facebook|twitter|discord|skype|messenger|\b(?:ig|fb)\b"
    )

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield user names."""
        text = document.lower
        if "@" in text:
            for match in _HANDLE.finditer(text):
                yield self.hit(match.start(), match.end(), 0.7)
        for match in _AFTER_CUE.finditer(text):
            name = match.group("name")
            if _LOOKS_MADE.search(name) and _LETTER.search(name):
                yield self.hit(match.start("name"), match.end("name"), 0.6)
