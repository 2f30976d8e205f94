"""E-mail addresses, plain and disguised."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy import allow
from components.privacy.cues import Cue
from components.privacy.recognisers.base import Recogniser
from components.privacy.spans import Document, Hit

_WORD_CHAR = r"[a-z0-9\u00c0-\u024f_-]"
_HOST = r"[a-z0-9\u00c0-\u024f-]{1,63}"
_OPEN, _CLOSE = r"[(\[{<]", r"[)\]}>]"
_DOT = rf"(?:\.| \. | ?{_OPEN} ?(?:\.|dot|piste) ?{_CLOSE} ?| (?:dot|piste) |[_-](?:dot|piste)[_-])"

# What stands for the sign. Spaces on both sides or behind it, so that "login @name" stays a handle.
_SIGN = re.compile(
    rf"[ \n]{{1,2}}(?:@|&#64;|&#x40;|&commat;|{_OPEN} ?(?:@|at|ät|a|miukumauku) ?{_CLOSE})[ \n]{{1,2}}"
    r"|\n@(?=[^\s@]{1,60}\.[a-z])"
    rf"|(?:@|&#64;|&#x40;|&commat;| ?{_OPEN} ?(?:@|at|ät|a|miukumauku) ?{_CLOSE})[ \n]{{0,2}}"
)
_SIGN_WORD = re.compile(r"(?: (?:at|ät|ät-merkki|ätmerkki|miuku|miukumauku|miuku mauku) |[_-](?:at|ät)[_-])")
_DOMAIN = re.compile(rf"{_HOST}(?:{_DOT}{_HOST}){{0,5}}{_DOT}\n?[a-z]{{2,24}}(?![a-z0-9])")
_DOMAIN_BROKEN = re.compile(rf"{_HOST}\n{_HOST}(?:\.{_HOST}){{0,3}}\.[a-z]{{2,24}}(?![a-z0-9])")
_DOMAIN_NO_DOT = re.compile(rf"{_HOST}(?:(?:, ?|\. )(?:com|fi|net|org|ru|se|ee|de))?(?![a-z0-9@])")

# The part before the sign, read backwards from it.
_LOCAL_CHAR = r"[a-z0-9\u00c0-\u024f!#$%&'*+/=?^_`{|}~.-]"
_LOCAL_BACKWARDS = re.compile(
    rf"(?:\"[^\"\n]{{1,60}}\"|{_LOCAL_CHAR}{{1,64}}(?:(?: (?:[._-]|tod|etsip) | ?{_CLOSE} ?(?:\.|tod|"
    rf"etsip) ?{_OPEN} ?){_LOCAL_CHAR}{{1,64}}){{0,3}})"
)
_LOCAL_WORDS_BACKWARDS = re.compile(
    rf"{_WORD_CHAR}{{1,40}}(?:(?:\.| (?:tod|etsip|erocsrednu|aviivala|hsad|aviiv) ){_WORD_CHAR}{{1,40}}){{0,4}}"
)
# Up to two words before that: "my mail is matti virtanen at live dot fi"
_NO_NAME = (
    r"(?:is|on|my|the|mail|e-?mail|meili|s?-?posti|sähköposti|osoite|address|or|and|tai|ja|to|mun|minun|hi|hello|hei|moi|"
    r"write|kirjoita|send|lähetä|contact|reach|me|at) "
)
_MORE_WORDS = re.compile(
    r"(?:\A|[\n:;,.!?(\"] ?|(?:\bis|\bon|mail|meili|posti|osoite|address) )"
    rf"(?P<words>(?:(?!{_NO_NAME}){_WORD_CHAR}{{2,30}} ){{1,2}})\Z"
)
# The sign as two letters without anything around them: in capitals, or before a host that is all about mail
_GLUED = re.compile(
    r"(?<![A-Za-z0-9._-])[a-z0-9._-]{2,40}(?:AT|ÄT)[a-z0-9-]{2,40}(?:\.[a-z0-9-]{2,40}){0,2}\.[a-z]{2,6}(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9._-])[A-Za-z0-9._-]{2,40}(?:at|ät|AT)(?:gmail|hotmail|outlook|yahoo|icloud|protonmail|suomi24|"
    r"elisanet|luukku|kolumbus)\.[a-z]{2,4}(?![A-Za-z0-9])"
)
_LETTERS = re.compile(
    r"(?<![a-z0-9])[a-z0-9](?: [a-z0-9._-]){2,40} @(?: [a-z0-9-]){1,30} \.(?: [a-z]){2,6}(?![a-z0-9])"
)

# " at " is a common word: "read it at tulli.fi" is no address. It needs a spelled dot, or the look of a mailbox.
_MAILBOX = re.compile(
    r" (?:dot|piste) |[_-](?:at|ät)[_-]| (?:ät|ät-merkki|ätmerkki|miuku\w*(?: mauku)?) |(?:[0-9_]|"
    r"[a-z]\.[a-z])[^ ]* at "
    r"| at (?:gmail|hotmail|outlook|live|yahoo|icloud|proton|protonmail|suomi24|elisanet|luukku|kolumbus|mail|"
    r"yandex|qq|163|ukr|gmx|aol)\."
)
_GLUED_SIGN = Cue(r"(?:at|ät)(?:gmail|hotmail|outlook|yahoo|icloud|protonmail|suomi24|elisanet|luukku|kolumbus)\.")
_MAYBE = Cue(r"@|&#64;|&#x40;|&commat;|[(\[{<] ?(?:a|ät|miuku)|[ _-](?:at|ät|miuku)")


class EmailAddress(Recogniser):
    """Mail addresses with `@`, `(at)`, `[ät]`, `&#64;`, or in words ("matti piste virtanen ät live piste fi")."""

    label = "EMAIL_ADDRESS"
    min_digits = 0
    trigger = (
        r"[(\[{<] ?(?:at|ät|a|miuku)| at[ _-]| ät[ _-]|_at[ _-]|_ät[ _-]|-at[ _-]|-ät[ _-]|miuku|ät-?merkki|&commat"
        r"|(?:at|ät)(?:gmail|hotmail|outlook|yahoo|icloud|protonmail|suomi24|elisanet|luukku|kolumbus)\."
    )

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield addresses."""
        text = document.lower
        if "." in text and (_GLUED_SIGN.somewhere(document) or "AT" in document.text or "ÄT" in document.text):
            for match in _GLUED.finditer(document.text):
                yield self.hit(match.start(), match.end(), 0.7)
        if not _MAYBE.somewhere(document):
            return
        for sign in _SIGN.finditer(text):
            domain = _DOMAIN.match(text, sign.end()) or _DOMAIN_BROKEN.match(text, sign.end())
            score = 0.95
            if not domain and text[sign.start() : sign.end()] == "@":
                domain, score = _DOMAIN_NO_DOT.match(text, sign.end()), 0.5
            if domain:
                yield from self._with_local(text, sign.start(), domain.end(), _LOCAL_BACKWARDS, score)
        for sign in _SIGN_WORD.finditer(text):
            domain = _DOMAIN.match(text, sign.end())
            if domain:
                for hit in self._with_local(text, sign.start(), domain.end(), _LOCAL_WORDS_BACKWARDS, 0.85):
                    office = text[hit.start : sign.start()].isalpha() and allow.is_public_page(
                        re.sub(_DOT, ".", domain.group())
                    )
                    if _MAILBOX.search(text, hit.start, hit.end) and not office:
                        yield hit._replace(start=self._first_word(document, hit.start))
        for match in _LETTERS.finditer(text) if " @" in text else ():
            yield self.hit(match.start(), match.end(), 0.85)

    @staticmethod
    def _first_word(document: Document, start: int) -> int:
        """Return where an address in words begins whose first part may be two or three words."""
        before = document.before(start, 80)
        more = _MORE_WORDS.search(before)
        return start - len(more["words"]) if more else start

    def _with_local(self, text: str, sign: int, end: int, backwards: re.Pattern[str], score: float) -> Iterator[Hit]:
        local = backwards.match(text[max(0, sign - 140) : sign][::-1])
        if local:
            start = sign - local.end()
            while start < sign and text[start] in "'`.-=/<":
                start += 1
            if start < sign:
                yield self.hit(start, end, score)
