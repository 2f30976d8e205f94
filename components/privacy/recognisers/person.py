"""Names of people after words that announce a name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy.recognisers.base import Recogniser
from components.privacy.spans import Document, Hit

_N = r"[^\W\d_][^\W\d_]*(?:['.-][^\W\d_]+)*"
_CAP = r"[A-ZÀ-ÖØ-ÞĀ-Ž][^\W\d_]*(?:['-][^\W\d_]+)*"
_ANY_NAMES = rf"(?P<name>{_N}(?: {_N}){{0,3}})"
_CAP_NAMES = rf"(?P<name>{_CAP}(?: (?:al-|de|van|von|bin|da|dos|el|la)?[ ]?{_CAP}){{0,3}})"

# After these any word is a name, whatever its case.
_STRONG = re.compile(
    r"(?<!\w)(?:my (?:full )?name is|my name's|my name ?:|full name ?:|name ?:|i am called|i'm called|they call me|"
    r"(?:mun |minun |mein )?nime(?:ni|n) on|nimeni(?= ?:)|(?:mun |minun )?nimi on|nimi ?:|koko nimi ?:|"
    r"nimeltäni|minua kutsutaan)"
    rf"(?: ?:)? {{1,2}}{_ANY_NAMES}",
    re.I,
)
_CLOSING = re.compile(
    r"(?<!\w)(?i:(?:best |kind |warm |many )?regards|rgds|br|sincerely|yours|best wishes|cheers|signed(?: by)?|"
    r"terv(?:eisin)?|ystävällisin terveisin|yst\. ?terv|yt|parhain terveisin|kunnioittaen|t|tv)"
    rf"[ ,.:\n!-]{{1,4}}{_CAP_NAMES}(?=[\s,.!?;:)]|$)"
)
_CLOSING_LOWER = re.compile(
    r"(?<!\w)(?:regards|rgds|terveisin|terv\.|"
    r"t\.)[ ,:\n]{1,3}(?P<name>[^\W\d_]{2,}(?:-[^\W\d_]+)?(?: [^\W\d_]{2,}){0,2})(?=\s*[,.!]|\s*$)"
)
# After these only two capitalised words, or one that the sentence ends with, are a name.
_WEAK = re.compile(
    rf"(?<!\w)(?:(?i:olen|oon|täällä|tässä|i am|i'm|im|this is|here is))(?: (?:siis|eli|minä|mä|"
    rf"nyt))? {_CAP_NAMES}(?P<tail>.?)"
)
_STOP = re.compile(
    r"(?:and|or|but|my|i|is|am|was|on|in|at|from|the|a|an|to|for|with|not|no|yes|what|when|how|why|where|who|"
    r"can|could|please|born|code|hetu|phone|"
    r"number|email|date|passport|id|ja|tai|mutta|olen|minä|mä|mun|minun|on|oon|en|ei|kysyn|kysyisin|haluan|hetu|"
    r"puh|puhelin|syntynyt|synt|eikä|että|jos|"
    r"mikä|milloin|miten|miksi|missä|voiko|voinko|onko|kiitos|thanks|hello|hi|moi|hei|same|different|spelled|"
    r"wrong|missing|misspelled|väärin|sama|eri|"
    r"changed|muuttunut|vaihtunut|väärä|puuttuu|customer|client|asiakas|asiakasnumero|numero|nro|also|so|"
    r"because|sukunimi|etunimi|surname|first|last|"
    r"needed|required|correct|not|oikein|virheellinen|there|here|too|as|of|it|its|it's|see|soon|lupa|permit)\Z",
    re.I,
)
_NOT_A_NAME = re.compile(
    r"(?:suom|finland|finnish|helsin|tamper|turku|turu|oulu|espoo|vantaa|viro|ruots|venäj|norja|saksa|eu\b|eu-|"
    r"euroop|migri|tulli|posti|kela|poliis|"
    r"customs|police|english|russian|swedish|estonian|ukrain|indian|chinese|turkish|iraqi|somali|afghan|iran|"
    r"nepal|vietnam|thai|american|british|"
    r"student|worker|nurse|doctor|muslim|christian|monday|tuesday|wednesday|thursday|friday|saturday|sunday|"
    r"january|february|march|april|june|july|"
    r"august|september|october|november|december|kamu|the\b|a\b|my\b|dhl|ups|fedex|netanttila|wolt|amazon|"
    r"aliexpress|temu|enter|oy\b|ky\b|"
    r"joensuu|jyväskyl|kuopio|lahti|lahde|rovaniem|vaasa|lappeenrann|mikkeli|lappi|in\b|kyllä|ei\b|not\b|just\b|"
    r"writing|waiting|still|yours|faithfully|"
    r"sincerely|truly|kiitos|terve|hei\b|moi\b|virallis|sorry|great|glad\b|happy|sure\b|new\b|good\b|fine\b|"
    r"back\b|done\b|confused|very|currently|planning|going|trying|looking|interested|your\b|customer|applicant|"
    r"pettyn|kyllästyn|vihai|asiaka|hakija|nimimerk|ystäv|odot|tyytyv|huolest|iloi|onnel|it\b|what|how|why|when|"
    r"ok\b|okay|vip|hr\b|ceo|phd)",
    re.I,
)


class Person(Recogniser):
    """Names that a sentence announces: "my name is", "nimeni on", a closing, "olen Etunimi Sukunimi"."""

    label = "PERSON"
    min_digits = 0
    trigger = (
        r"name|nim[ei]|\b(?:olen|oon|i'm|im|i am|täällä|tässä|this is|here is|minua|they call)\b|regards|rgds|\bbr\b"
        r"|sincerely|yours|wishes|cheers|thanks in|signed|terv|yst|parhain|kunnioit|\byt\b|\btv?\b|allekirj"
    )

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield announced names."""
        text = document.text
        for match in _STRONG.finditer(text):
            yield from self._words(match, most=3)
        for match in _CLOSING.finditer(text):
            yield from self._words(match, most=3)
        for match in _CLOSING_LOWER.finditer(text):
            yield from self._words(match, most=3)
        for match in _WEAK.finditer(text):
            words = match.group("name").split()
            if len(words) > 1 or match.group("tail") in (",", ""):
                yield from self._words(match, most=4)

    def _words(self, match: re.Match[str], *, most: int) -> Iterator[Hit]:
        """Yield the leading words of a match that can be a name."""
        name = match.group("name")
        end = 0
        for count, word in enumerate(re.finditer(r"\S+", name)):
            bare = word.group().strip(".")
            stop = _STOP.match(bare) and (not count or bare.islower())
            if count == most or stop or (not count and _NOT_A_NAME.match(bare)):
                break
            end = word.end()
        if end > 1:
            yield self.hit(match.start("name"), match.start("name") + end, 0.75)
