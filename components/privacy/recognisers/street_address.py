"""Street addresses with a number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.privacy.base_forms import base_forms
from components.privacy.cues import Cue, every_match
from components.privacy.names.lexicon import lexicon
from components.privacy.recognisers.base import END_OF_WORD, NOT_IN_WORD, Recogniser
from components.privacy.spans import Document, Hit

_W = "[a-zà-öø-ɏ'-]"
_STREET_FI = (
    r"(?:kat(?:u|ua)|kadu(?:n|lla|lta|lle|ssa|sta)|katu(?:un|a)|tie(?:n|tä|llä|ltä|lle|ssä|stä|hen)?|"
    r"polku(?:a)?|polu(?:n|lla|lta|lle)|"
    r"kuj(?:a|aa|an|alla|alta|alle)|kaar(?:i|ta|en|ella|elta|elle)|rannan|rannalla|rannalta|rannalle|rant(?:a|"
    r"aa)|rin(?:ne|nettä)|"
    r"rinte(?:en|ellä|eltä|elle)|tor(?:i|ia|in|illa|ilta|ille)|väylä(?:n|llä|ltä|lle|ä)?|rait(?:ti|tia)|"
    r"raiti(?:n|lla|lta|lle)|"
    r"pen(?:ger|kereellä|kereen)|bulevardi(?:n|lla|lta|lle|a)?|esplanadi(?:n|lla|lta|lle|a)?|aukio(?:n|lla|lta|"
    r"lle|ta)?|"
    r"puisto(?:n|ssa|sta|on)|puistikko|laituri(?:n|lla|lta|lle)?|port(?:ti|in|illa)|silt(?:a|aa)|silla(?:n|lla|lta)|"
    r"mäki|mäen|mäellä|mäeltä|mäelle|kallio(?:n|lla|lta|lle)?|niemi|niementie|lehto|piha(?:n|lla)?|kentä(?:n|"
    r"llä)|kenttä|"
    r"gatan|gata|vägen|väg|stigen|gränden|gränd|brinken|esplanaden|stranden)"
)
_FLAT = (
    r"(?:[ ,]{1,2}(?:as(?:unto)?\.?|bst|huoneisto|flat|apt\.?|apartment|rappu|ovi|room|unit|"
    r"krs)[ .]{0,2}[a-z]?[0-9]{0,4}[a-z]?"
    r"|[ ,]{0,2}[a-z][ ]?[0-9]{1,4}[a-z]?(?![0-9a-zà-ɏ])|[ ]?[a-z](?![0-9a-zà-ɏ])){0,3}"
)
_PLACE = rf"(?:[ ,]{{0,2}}\n?[ ]?(?:fi-?)?[0-9]{{5}}[ ,]{{1,2}}{_W}{{2,30}})?"
_PLACE_AFTER_COMMA = (
    rf"(?:,? ?(?:[a-z]{{1,2}}-)?[0-9]{{4,6}} {_W}{{2,30}}(?: am {_W}{{3,30}})?|, ?{_W}{{3,30}}(?: [0-9]{{3,6}})?)?"
)
_NEXT_WORD = re.compile(rf"[ ,]{{1,2}}({_W}{{3,30}})")
_NUMBER = r"[0-9]{1,4}(?:[ ]?[-–/][ ]?[0-9]{1,4})?[a-z]?(?![0-9])"
_NUMBER_STEM_FI = (
    r"(?:yksi|yhde|yhtee|kaksi|kahde|kahtee|kolme|neljä|viisi|viide|viitee|kuusi|kuude|kuutee|seitsemä|kahdeksa|"
    r"yhdeksä|kymmene)"
)
_NUMBER_WORD = (
    rf"(?:{_NUMBER_STEM_FI}[a-zåäö]{{0,24}}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"(?:thir|four|fif|six|seven|eigh|nine)teen|"
    r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -](?:one|two|three|four|five|six|seven|"
    r"eight|nine))?)"
)
_FINNISH = re.compile(
    rf"{NOT_IN_WORD}(?P<street>(?:(?:vanha|uusi|iso|pikku|pieni|läntinen|itäinen|pohjoinen|eteläinen|ylä|ala|"
    rf"alinen|ylinen|ison|vanhan|uuden|vanhalla)[ -]){{0,2}}"
    rf"{_W}{{2,30}}{_STREET_FI}|(?:pohjois|etelä)?(?:bulevardi|"
    rf"esplanadi)[a-zåäö]{{0,3}})[ \n]{{0,2}}(?P<number>{_NUMBER}){_FLAT}{_PLACE}"
)
_ENDINGS = tuple(sorted(every_match(_STREET_FI)))
_STREETS = Cue(_STREET_FI)
_NUMBER_WORDS = Cue(_NUMBER_WORD)
_FINNISH_WORDS = re.compile(
    rf"{NOT_IN_WORD}(?:{_NUMBER_WORD}[ ])?(?P<street>{_W}{{3,30}}{_STREET_FI})(?:[ ]{_NUMBER_WORD}{END_OF_WORD}"
    rf"(?:[ ,]{{1,2}}[a-z](?![0-9a-zà-ɏ]))?(?:[ ,]{{1,2}}(?:as(?:unto)?\.? |flat |apartment |huoneisto |ovi )?"
    rf"{_NUMBER_WORD}{END_OF_WORD})?)?{_FLAT}"
)
_ENGLISH_KIND = (
    r"(?:street|str\.|st\.?|road|rd\.?|avenue|ave\.?|lane|ln\.?|drive|dr\.?|boulevard|blvd\.?|court|square|"
    r"sq\.?|terrace|close|crescent|"
    r"highway|hwy|parkway|gardens|grove|mews|hill|row)"
)
_ENGLISH = re.compile(
    rf"{NOT_IN_WORD}(?:(?i:flat|apt\.?|apartment|unit|"
    rf"house)[ ]?[0-9]{{1,4}}[A-Za-z]?,? ?)?[0-9]{{1,5}}[A-Za-z]?,? (?:[NSEW]\.? )?"
    rf"(?:[A-ZÀ-Ö][\w'-]{{0,25}} |[0-9]{{1,3}}(?:st|nd|rd|"
    rf"th) ){{1,3}}(?i:{_ENGLISH_KIND}){END_OF_WORD}(?:,? (?i:flat|apt\.?|unit|apartment|"
    rf"\#) ?[0-9]{{1,4}}[A-Za-z]?)?"
    rf"(?:, [A-ZÀ-Ö][\w'-]{{2,25}}(?: [A-ZÀ-Ö][\w'-]{{2,25}}){{0,2}}"
    rf"(?: [A-Z]{{0,2}}[0-9][0-9A-Z]{{0,4}}(?: [0-9][A-Z]{{2}})?)?)?"
)
_ENGLISH_START = re.compile(r"[0-9][A-Za-z]?,? (?:[NSEW]\.? )?[A-ZÀ-Ö0-9]")
_FOREIGN = re.compile(
    rf"{NOT_IN_WORD}[0-9]{{1,4}}[a-z]?,? (?:bis )?(?:rue|avenue|boulevard|place|chemin|"
    rf"allée)(?: {_W}{{1,25}}){{1,4}}{_PLACE_AFTER_COMMA}"
    rf"|{NOT_IN_WORD}(?:ул|улица|вул|просп|проспект|пер)\.? ?[а-яёіїє .-]{{3,30}}?,? ?(?:дом|д|"
    rf"буд)?\.? ?[0-9]{{1,4}}[а-я]?(?:,? ?кв\.? ?[0-9]{{1,4}})?(?![0-9])|"
    rf"{NOT_IN_WORD}(?:rua|rue|calle|via|viale|avenida|av\.|ulica|ul\.|ulitsa|prospekt|pr\.|plaza|piazza|avenue|"
    rf"strada|str\.|jalan|jl\.)"
    rf"(?: (?:{_W}|\.){{1,25}}){{1,4}},? [0-9]{{1,4}}[a-z]?(?![0-9]){_FLAT}{_PLACE_AFTER_COMMA}"
    rf"|{NOT_IN_WORD}{_W}{{3,30}}(?:straße|strasse|str\.|platz|weg|gasse|straat|[^aeiouyäö\W]laan|gracht|vej|gade|gate|veien|"
    rf"gatan) [0-9]{{1,4}}[a-z]?(?![0-9]){_FLAT}{_PLACE_AFTER_COMMA}"
    rf"|{NOT_IN_WORD}(?:unter den|an der|an den|auf der|auf dem|in der|hinter der|zum|zur) {_W}{{3,30}}"
    rf" [0-9]{{1,4}}[a-z]?(?![0-9]){_FLAT}{_PLACE_AFTER_COMMA}"
    rf"|{NOT_IN_WORD}[a-z]{{3,30}}(?: mnt| tn| pst| tee| iela| gatve|"
    rf" g\.) [0-9]{{1,4}}[a-z]?(?:-[0-9]{{1,4}})?(?![0-9])"
    rf"|{NOT_IN_WORD}(?:flat|house|apartment|apt\.?|block|plot|"
    rf"door)[ ]?(?:no\.? ?)?[0-9]{{1,5}}[a-z]?,? (?:(?:sector|block|street|road|phase|lane|gali|house|"
    rf"plot)[ -]?[0-9]{{1,4}}[a-z]?,? ?){{1,3}}"
    rf"(?:{_W}{{3,25}}(?: [0-9]{{4,6}})?)?"
)
_FOREIGN_WORDS = Cue(_FOREIGN.pattern)
# A road that is no address: highways by number, and words that only end like a street.
_NOT_A_STREET = re.compile(
    r"(?:valtatie|kantatie|kehätie|moottoritie|seututie|maantie|tie|katu|ranta|tori|mäki|portti|polku|piha|"
    r"kallio|silta|kenttä|lehto|puisto|"
    r"laituri|linja-auto\w*|satu|valtatien|aukio|historia|tutkinto|laboratori\w*|moottori|traktori|tuomari|"
    r"autori|sponsori|kursori|reaktori|"
    r"transistori|monitori|tietie|historian|editori|direktori|auktori|ehto|kotiranta|kilpailukenttä|lentokenttä|"
    r"lentokentän|lentokentällä|"
    r"hakukenttä|keskusta|sektori|sektorin|sektorilla|skootteri|tuutori|toimitie|rautatie|rautatien|ilmatie|"
    r"sähkötie|meritie|maitse)\Z"
)
# An office named right beside a bare street and number: "Ratapihantie 9 on poliisin osoite".
_OFFICE_AFTER = re.compile(
    r",? ?(?:on |is |oli |\()?(?:the )?(?:poliisi|police|migri|tulli|customs|maahanmuutto|immigration|"
    r"lähetystö|suurlähetystö|embassy|kela\b|dvv\b)"
)
_OFFICE_BEFORE = re.compile(
    r"(?:toimipiste|palvelupiste|service point|\boffice|poliisiasema|police station|toimisto|lähetystö|embassy|"
    r"konsulaat|"
    r"consulate)"
    r"[a-zåäö]{0,6}(?: (?:on|is|at|in|osoitteessa|osoite)|:){0,2} ?\Z"
)


class StreetAddress(Recogniser):
    """A street and its number, with the flat, postcode and place that follow."""

    label = "STREET_ADDRESS"
    min_digits = 0
    trigger = (
        r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fifteen|twenty|thirty|"
        r"forty|fifty"
        r"|sixty|seventy|eighty|ninety|yksi|yhde|yhtee|kaksi|kahde|kahtee|kolme|neljä|vii[sdt]|kuu[sdt]|seits|"
        r"kymmene)"
    )

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield addresses."""
        text = document.lower
        if document.has_digit:
            for match in (
                _FINNISH.finditer(text) if _STREETS.somewhere(document) and self._street_before_number(document) else ()
            ):
                if not _NOT_A_STREET.match(match.group("street")) and not self._is_office(document, match):
                    yield self.hit(match.start(), self._with_place(document, match.end()), 0.8)
            for match in _ENGLISH.finditer(document.text) if _ENGLISH_START.search(document.text) else ():
                yield self.hit(match.start(), match.end(), 0.75)
            for match in _FOREIGN.finditer(text) if _FOREIGN_WORDS.somewhere(document) else ():
                yield self.hit(match.start(), match.end(), 0.7)
        for match in (
            _FINNISH_WORDS.finditer(text) if _NUMBER_WORDS.somewhere(document) and _STREETS.somewhere(document) else ()
        ):
            street = match.group("street")
            if match.end("street") - match.start() > len(street) or re.match(
                rf" {_NUMBER_WORD}", text[match.end("street") :][:30]
            ):
                if not _NOT_A_STREET.match(street):
                    yield self.hit(match.start(), match.end(), 0.6)

    @staticmethod
    def _with_place(document: Document, end: int) -> int:
        """Return where an address ends when the name of a place follows without its postcode."""
        word = _NEXT_WORD.match(document.lower, end)
        if word:
            places = lexicon().places
            inflected = document.text[word.start(1)].isupper()
            if word.group(1) in places or (inflected and not base_forms(word.group(1)).isdisjoint(places)):
                return word.end()
        return end

    @staticmethod
    def _street_before_number(document: Document) -> bool:
        """Tell whether the word before any group of digits ends like a Finnish street."""
        text = document.lower
        if "bulevardi" in text or "esplanadi" in text:
            return True
        for start, _ in document.runs:
            end = start
            while end > start - 2 and end and text[end - 1] in " \n":
                end -= 1
            if end and text[end - 1].isalpha() and text.endswith(_ENDINGS, 0, end):
                return True
        return False

    @staticmethod
    def _is_office(document: Document, match: re.Match[str]) -> bool:
        """Tell whether a street and number without a flat stands right beside the name of an office."""
        bare = match.end() == match.end("number")
        return bare and bool(
            _OFFICE_AFTER.match(document.after(match.end(), 40))
            or _OFFICE_BEFORE.search(document.before(match.start(), 45))
        )
