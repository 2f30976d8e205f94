"""User names and handles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy.cues import Cue
from components.privacy.recognisers.base import Recogniser
from components.privacy.spans import Document, Hit

_HANDLE = re.compile(r"(?<![\w@./])@[a-z0-9_](?:[a-z0-9_.-]{1,38}[a-z0-9_])(?![\w@])")
_AFTER_CUE = re.compile(
    r"(?:käyttäjä(?:nimi|tunnus|tunnukse)[a-zåäö]{0,4}|user ?name|user id|username|login|log-?in|nick(?:name|i|"
    r"ini|kini)?|nikki(?:ni)?|"
    r"screen name|(?<![\w-])tunnu(?:s|kseni|kse[a-z]{0,3})|handle|account name|(?<!\w)(?:instagram|insta|ig|"
    r"telegram|snapchat|snap|tiktok|facebook|fb|twitter|discord|skype|messenger|steam|reddit|signal|wechat|vk|"
    r"github|linkedin|threads|mastodon|bluesky|youtube|twitch|kik|nimimerk[a-zåäö]{1,5})|[a-zåäö]{0,12}nimeni)"
    r"(?:(?: is| on| oli| was|:| =| -|=){0,2}) {1,2}[\"'(]?"
    r"(?P<name>[\w@][\w.@-]{2,38}\w)"
)
_CUE = Cue(_AFTER_CUE.pattern)
_ENDING = r"\.(?:fi|com|net|org|eu|io|se|ee|ru|uk|de|pdf|jpe?g|png|docx?|xlsx?|zip)"  # of a host or a file
_FORM = "(?:ole|pk[0-9]?|kan|tp|pa|muk|mp|eh|oma|up)"  # the code of a form begins so: OLE_TY3
# Some words later, where it is made of words and a number or an underscore: "käyttäjätunnus on nyt matti_v82"
_LATER = re.compile(
    r"(?:käyttäjä|user|nick|nimimerk|screen name|account name|login|tunnus|handle|profiil|profile|tili\b)[^\W\d_]{0,14}"
    r"(?:[ :]{1,2}[^\s:@]{1,20}){0,5}?[ :\"']{1,3}"
    rf"(?P<name>(?!\S{{1,40}}{_ENDING}\b)(?!{_FORM}_)"
    r"(?:[^\W\d_]{2,30}(?:[_.][^\W_]{1,30}){1,3}|"
    r"[^\W\d_]{3,30}[0-9]{2,4}))(?![\w@./-]{1,2}\w|_)"
)
_MADE = re.compile(r"[0-9](?<=[^\W\d_]{3}[0-9])[0-9]|[.](?<=[^\W\d_][.])[^\W_]")
_LATER_CUE = Cue(r"käyttäjä|user|nick|nimimerk|screen name|account name|login|tunnus|handle|profiil|profile|tili")
_NOT_MADE = re.compile(r"(?:windows|chrome|firefox|iphone|android|office|ios|win|covid|galaxy|pixel|edge|safari)[0-9]")
_HOST = re.compile(rf".*{_ENDING}\Z")
# matti#1234, u/matti_v
_WITH_NUMBER = re.compile(r"(?<![\w#@])(?P<name>[^\W\d_][\w.]{1,31})#[0-9]{4}(?!\w)")
_NO_NAME = re.compile(
    r"(?:tilaus|order|case|ticket|nro|numero|number|no|id|issue|room|huone|pr|lasku|invoice|viite|ref|lomake|form|"
    r"paketti|parcel|bug|virhe|error|code|koodi)\Z"
)
_REDDIT = re.compile(r"(?<![\w/.])/?u/[a-z0-9_-]{3,20}(?![\w/.])")
# A sign in words before a name that ends with a number: "nikki on at matti v 82"
_AT_IN_WORDS = re.compile(
    r"(?:nick(?:name)?|nikki(?:ni)?|handle|user ?name|käyttäjätunnus|nimimerk[a-zåäö]{1,5}|instagram|insta|ig|telegram|"
    r"twitter|tiktok|snapchat|discord)(?:(?: is| on| oli|:| =){0,2}) "
    r"(?P<name>(?:at|ät) (?:[a-z_åäö]{2,20} ){1,3}[0-9]{1,4})(?!\w)"
)
_LOOKS_MADE = re.compile(r"[0-9_@.]|[a-z]-[a-z]")
_LETTER = re.compile(r"[^\W\d_]")


class Username(Recogniser):
    """Handles with an at sign, and made-up names after words for a user name."""

    label = "USERNAME"
    min_digits = 0
    trigger = (
        r"user|log-?in|nick|nikki|screen name|tunnu|handle|account name|nimeni|käyttäjä|insta|telegram|"
        r"snap|tiktok|facebook|twitter|discord|skype|messenger|\b(?:ig|fb)\b|steam|reddit|signal|wechat|\bvk\b|github"
        r"|linkedin|threads|mastodon|bluesky|youtube|twitch|\bkik\b|nimimerk|profi|\btili\b|u/[a-z0-9]"
    )

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield user names."""
        text = document.lower
        if "@" in text:
            for match in _HANDLE.finditer(text):
                yield self.hit(match.start(), match.end(), 0.7)
        for match in _AFTER_CUE.finditer(text) if _CUE.somewhere(document) else ():
            name = match.group("name")
            if _LOOKS_MADE.search(name) and _LETTER.search(name) and not _HOST.match(name):
                yield self.hit(match.start("name"), match.end("name"), 0.6)
        sign = document.has_digit and (" at " in text or " ät " in text)
        for match in _AT_IN_WORDS.finditer(text) if sign and _CUE.somewhere(document) else ():
            yield self.hit(match.start("name"), match.end("name"), 0.6)
        made = _LATER_CUE.somewhere(document) and ("_" in text or _MADE.search(text))
        for match in _LATER.finditer(text) if made else ():
            if not _NOT_MADE.match(match["name"]):
                yield self.hit(match.start("name"), match.end("name"), 0.5)
        for match in _WITH_NUMBER.finditer(text) if "#" in text else ():
            if not _NO_NAME.match(match["name"]):
                yield self.hit(match.start(), match.end(), 0.6)
        for match in _REDDIT.finditer(text) if "u/" in text else ():
            yield self.hit(match.start(), match.end(), 0.6)
