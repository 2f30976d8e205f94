"""What stays: the one place where public values are exempted from masking.

`hide` covers values that are public wherever they stand (an authority's number, mailbox, page or address).
`hide_in_context` covers numbers that are public by what stands around them (a price, a commodity code); only the
fallback for long numbers asks it, so that a real phone number before the word "euro" is still masked.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from stdnum.fi import alv, ytunnus

from components.privacy.cues import Cue
from components.privacy.spans import OPAQUE, Document

_DATA = yaml.safe_load((Path(__file__).parent / "data" / "public.yml").read_text(encoding="utf-8"))


def _values(key: str) -> list[str]:
    entry: Any = _DATA[key]
    entries = entry if isinstance(entry, list) else [entry]
    return [str(value) for item in entries for value in item["values"]]


PUBLICATIONS = frozenset(_values("publications"))
HOSTS = frozenset(_values("hosts")) | frozenset(_values("other_hosts")) | PUBLICATIONS
NETWORKS = tuple(ipaddress.ip_network(value) for value in _values("networks"))
_SERVICE = tuple(_values("service_prefixes"))


def _with_gaps(digits: str) -> str:
    return r"[ -]?".join(digits)


def _phones() -> str:
    """Make the pattern of authority numbers: those listed, and the state's own range 029.

    No dot and no slash may stand inside, and the range must begin in one piece: 02.9.1980 is a date.
    """
    national = sorted((number[1:] for number in _values("phone_numbers")), key=len, reverse=True)
    listed = "|".join(_with_gaps(number) for number in national)
    typed = r"(?=[0-9]{7}(?![0-9]|[ -][0-9])|[0-9]{0,4}[ -][0-9])"  # in groups, or in full length
    end = r"(?![0-9]|[ -][0-9])"
    state = rf"29\)?{typed}(?:[ -]?[0-9]){{4,8}}{end}"
    number = rf"(?:(?:{listed}){end}|{state})"
    country = r"358[ -]?(?:\(0\)[ -]?)?"
    # Each alternative begins with one plain character, for which `re` has a quick search.
    return rf"\+{_alone('[+]')}{country}{number}|0{_alone('0')}(?:0{country})?{number}|\({_alone('[(]')}0{state}"


def _alone(first: str) -> str:
    """Make the condition that a telephone number begins with the character just read."""
    return rf"(?<![\w+(.-]{first})(?<![0-9][ -]{first})"


def _mails() -> str:
    offices = "|".join(re.escape(domain) for domain in _values("mail_domains"))
    examples = "|".join(re.escape(domain) for domain in _values("example_mail_domains"))
    at = r"(?: ?(?:@|\(at\)|\[at\]|\(ät\)) ?| (?:at|ät) )"
    # A dot in the local part is how a person's own address at an office looks.
    return (
        rf"(?<![\w.+-])(?:[a-z][a-z0-9_-]{{1,40}}{at}(?:[a-z0-9-]{{1,40}}\.){{0,3}}(?:{offices})"
        rf"|[a-z0-9._-]{{1,40}}{at}(?:{examples}))(?![\w@-]|\.\w)"
    )


_PHONES = re.compile(_phones())
_PHONES_AND_MAILS = re.compile("|".join((_phones(), _mails())))
_MAIL_SIGN = re.compile(r"@| (?:at|ät) |\((?:at|ät)\)|\[(?:at|ät)\]")
_ADDRESS = re.compile(
    rf"(?<!\w)(?:{'|'.join(' {1,2}'.join(map(re.escape, a.split())) for a in _values('addresses'))})"
    r"(?![\w-]| ?[a-z] ?[0-9])"
)
_STREETS = tuple(dict.fromkeys(address.split()[0] for address in _values("addresses")))
_SHORT = re.compile(
    "|".join(
        rf"{n[0]}(?<![\w+-]{n[0]})(?<![0-9][.,:/]{n[0]})[ -]?{_with_gaps(n[1:])}(?![\w-]|[ .,:/][0-9])"
        for n in _values("short_numbers")
        if len(n) > 3  # three digits are never masked by themselves, and are part of other values
    )
)
_HOST = re.compile(r"(?:[a-z]{3,5}://)?([a-z0-9.-]{1,160})")
_IDENTIFIER = re.compile("[0-9]{6}")
LINK = re.compile(
    r"(?<![\w@])(?:(?:(?:https?|hxxps?|ftp)://|www\.)[^\s<>\"'\ue000()\[\]]{2,400}"
    r"|(?<![.-])[a-z0-9-]{1,40}(?:\.[a-z0-9-]{1,40}){0,3}\.[a-z]{2,12}/[^\s<>\"'\ue000()\[\]]{1,400})"
)
"""Something that is a link: with a scheme, with `www.`, or a host with a path."""

_HAS_DIGIT_OR_AT = re.compile("[0-9@]|[(\\[](?:at|ät)")


def hide(text: str, known_public: frozenset[str] | None = None) -> str:
    """Return the normal form with public values blanked out, length for length."""
    if known_public:
        text = _blank(text, _known_pattern(known_public))
    if "." in text and ("/" in text or "www" in text):
        text = _hide_pages(text)
    if _HAS_DIGIT_OR_AT.search(text) is None:
        return text
    low = text.lower()
    text = _blank(text, _PHONES_AND_MAILS if _MAIL_SIGN.search(low) else _PHONES)
    if any(map(low.__contains__, _STREETS)):
        text = _blank(text, _ADDRESS)
    return _blank(text, _SHORT)


def is_public_page(url: str) -> bool:
    """Whether a link (in lower case) leads to a page everyone sees: a known host, and no identifier in it."""
    found = _HOST.match(url)
    if not found or "@" in url:
        return False
    if _is_public_host(found.group(1)):
        return True
    parts = found.group(1).strip(".").split(".")
    domains = {".".join(parts[i:]) for i in range(len(parts))}
    if domains & PUBLICATIONS:
        return True
    if not domains & HOSTS:
        return False
    query = url.partition("?")[2]
    return not _IDENTIFIER.search(url) and all(part.startswith(("lang=", "utm_")) for part in query.split("&") if part)


def _is_public_host(host: str) -> bool:
    try:
        return is_public_network(host)
    except ValueError:  # a name, not an address
        return False


def _hide_pages(text: str) -> str:
    low = text.lower()
    if len(low) != len(text):
        return text
    parts: list[str] = []
    position = 0
    for match in LINK.finditer(low):
        if is_public_page(match.group()):
            parts += (text[position : match.start()], OPAQUE * (match.end() - match.start()))
            position = match.end()
    return "".join((*parts, text[position:])) if position else text


def _blank(text: str, pattern: re.Pattern[str]) -> str:
    low = text.lower()
    if len(low) != len(text):
        low = text
    parts: list[str] = []
    position = 0
    for match in pattern.finditer(low):
        parts += (text[position : match.start()], OPAQUE * (match.end() - match.start()))
        position = match.end()
    if not position:
        return text
    parts.append(text[position:])
    return "".join(parts)


@lru_cache(maxsize=32)
def _known_pattern(values: frozenset[str]) -> re.Pattern[str]:
    """Make a pattern for the caller's public values, spaces and hyphens inside them being optional."""
    shapes = []
    for value in sorted(values, key=lambda v: (-len(v), v)):
        compact = re.sub(r"[\s-]", "", value.lower())
        if compact:
            shapes.append(r"[ \-]{0,2}".join(re.escape(char) for char in compact))
    return re.compile(rf"(?<!\w)(?:{'|'.join(shapes)})(?!\w)" if shapes else r"(?!)")


_SERVICE_SHAPE = re.compile(
    rf"(?:(?:\+|00) ?358[ -]?(?:\(0\)[ -]?)?|\(?0)(?:{'|'.join(_SERVICE)})[0-9]?\)?[ -](?:[ -]?[0-9]){{4,8}}"
)
_SERVICE_IN_TEXT = re.compile(rf"(?<![\w+(.,/-])(?<![0-9][ -]){_SERVICE_SHAPE.pattern}(?![0-9]|[ -][0-9])")

# --- public in context -------------------------------------------------------------------------------------------

_AMOUNT = r"(?:[0-9]{1,3}(?:[ .,'][0-9]{3}){1,3}|[0-9]{1,9})(?:[.,][0-9]{1,2})?(?:,-)?"
_CURRENCY_AFTER = (
    r"(?:€|\$|£|e\b|eur\b|euro|euroa|euron|euros|usd|gbp|sek|dkk|nok|rub|cny|chf|pln|jpy|inr|uah|thb|vnd|dollar|"
    r"pound|krona|"
    r"kruunu|snt|sentti)"
)
_CURRENCY_BEFORE = r"(?:€|\$|£|eur|usd|gbp|sek)"
_UNIT = (
    r"(?:km|kilomet|mil\b|miles|kg|kilo|gram|g\b|mg\b|l\b|ml\b|dl\b|cl\b|litr|liter|m2\b|m3\b|m\b|mm\b|cm\b|"
    r"cm3\b|cc\b|"
    r"neli|kwh|kw\b|kpl|pcs|pieces|kappalet|%|prosent|percent|people|person|henkil|ihmis|hakemu|applic|asiaka|"
    r"customer|"
    r"savuk|cigar|tupak|tonni|ton\b|tons|tonnes|h\b|tunti|hours|days|päivä|watt|w\b|mb\b|gb\b)"
)
_CODE_WORDS = (
    r"(?:nimik|koodi|tavarakood|commodit|heading|tariff|tulliniml|\bhs\b|hs-|\bcn\b|cn-|taric|\bcode\b|codes\b|"
    r"subheading)"
)
_CHAPTER = r"(?:0[1-9]|[1-8][0-9]|9[0-9])"

_CURRENCIES = Cue(_CURRENCY_BEFORE)
_CURRENCY_AND_AMOUNT = re.compile(rf"{_CURRENCY_BEFORE} ?(?<![0-9]){_AMOUNT}(?![0-9])")

# Each begins with the first digit of a group.
_CONTEXT_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # prices and amounts: a currency beside the number, or thousand separators with cents
        rf"(?<![\w.,+]){_AMOUNT} ?{_CURRENCY_AFTER}",
        r"(?<![\w.,+])[0-9]{1,3}(?:[ .'][0-9]{3}){1,2},[0-9]{2}(?![0-9])",
        r"(?<![\w.,+])[0-9]{1,3}(?:,[0-9]{3}){1,2}\.[0-9]{2}(?![0-9])",
        rf"(?<![\w.,+]){_AMOUNT} ?-? ?{_UNIT}",
        r"(?<![\w.,+-])(?<![0-9] )[1-9][0-9]{0,3}(?: [0-9]{1,3})? 000 000(?![\w,-]| [0-9])",
        # the size of a parcel, and the code of an error in a program
        r"(?<![\w.,+-])[1-9][0-9]{0,2}(?:[.,][0-9])?(?: ?[x×] ?[1-9][0-9]{0,2}(?:[.,][0-9])?){1,2}(?: ?[cm]?m)?(?!\w)",
        r"0(?<!\w0)x[0-9a-f]{8}(?!\w)",
        r"(?<![\w.,+-])(?<![0-9] )[0-9]{1,3}(?: [0-9]{3})? 000(?![\w,-]| [0-9])",
        # acts and directives: 304/2016, (EU) 2016/399
        r"(?<![\w/])[0-9]{1,4}/(?:1[89]|20)[0-9]{2}(?![\w/])",
        r"(?<![\w/])(?:1[89]|20)[0-9]{2}/[0-9]{1,4}(?![\w/])",
        # years side by side, and opening hours
        r"(?<![\w.,+-])(?:19|20)[0-9]{2}(?: ?(?:[-,]|ja|and|or|tai) ?(?:19|20)?[0-9]{2}){1,6}(?![\w-])",
        r"(?<![\w.,+-])(?:19|20)[0-9]{2}(?:,? (?:19|20)[0-9]{2}){1,6}(?![\w-]| [0-9])",
        r"(?<![\w.,+-])[0-9]{1,2}[.:][0-9]{2} ?- ?[0-9]{1,2}[.:][0-9]{2}(?![0-9])",
        r"(?<![\w.,+-])(?:1?[0-9]|2[0-4])-(?:1?[0-9]|2[0-4])(?![\w.,+-])",
        r"(?<![\w.,+-])[0-9]{1,2}\.[0-9]{1,2}\.? ?- ?[0-9]{1,2}\.[0-9]{1,2}\.?(?![0-9])",
    )
)
_COMMODITY = re.compile(
    rf"(?<![\w.,+-]){_CHAPTER}[0-9]{{2}}(?:[ .][0-9]{{2}}(?:[ .]?[0-9]{{2}}){{0,3}}|"
    rf"[0-9]{{2}}(?:[ .]?[0-9]{{2}}){{0,2}})(?![\w-])"
)
_COMMODITY_SPACED = re.compile(r"[0-9]{4}[ .][0-9]{2}(?:[ .][0-9]{2}){1,2}\Z|[0-9]{4}[ .][0-9]{2}[ .][0-9]{4}\Z")
_CODE_NEAR = Cue(_CODE_WORDS)
_GIVEN_CODE = Cue(
    r"sain .{0,20}kood|saama|antoi|vahvistusk|noutok|aktivointik|kertakäyttö|tekstiviest|pin-?k|jonotus|vuoronumer|"
    r"got .{0,20}code|received .{0,20}code|gave me|verification|confirmation|one-time|pick-?up code|\bsms\b|\bpin\b"
)
_BUSINESS_ID = re.compile(r"(?<![\w.,+-])(?:fi[ -]?)?([0-9]{7}-?[0-9])(?![\w-])")
_BUSINESS_NEAR = re.compile(
    r"y-?tunnu|business id|company id|\bfirm|compan|yrity|\boy\b|\bky\b|\bltd\b|"
    r"vat number|alv-numero"
)
_VAT = re.compile(r"(?<![\w-])fi ?([0-9]{8})(?![\w-])")


def is_service_number(number: str) -> bool:
    """Whether a telephone number belongs to a service or company range, which no private person is given.

    Takes the number as it was typed: it must be in groups that begin with the prefix ("020 634 0200"), because
    a bare run such as 0201234567 may be another kind of number.
    """
    return _SERVICE_SHAPE.fullmatch(number) is not None


def is_public_in_context(document: Document, start: int, end: int) -> bool:
    """Tell whether a number, or a part of it, is public by its surroundings: an amount, a commodity code, years."""
    return OPAQUE in hide_in_context(document)[start:end]


def hide_in_context(document: Document) -> str:
    """Return the normal form with the numbers blanked out that are public by their shape and surroundings."""
    hidden = document.memo.get("context")
    if hidden is None:
        hidden = document.memo["context"] = _hidden_in_context(document)
    return hidden


def _hidden_in_context(document: Document) -> str:
    text = document.text
    low = document.lower
    ranges = [match.span() for match in _CURRENCY_AND_AMOUNT.finditer(low)] if _CURRENCIES.somewhere(document) else []
    starts = [start for start, _ in document.runs]
    for pattern in _CONTEXT_PATTERNS:
        ranges += [match.span() for match in _find_at(pattern, low, starts)]
    ranges += [match.span() for match in _SERVICE_IN_TEXT.finditer(low)]
    for match in _find_at(_COMMODITY, low, starts):
        clear_shape = _COMMODITY_SPACED.match(match.group()) is not None and low[match.start()] != "0"
        if clear_shape or _code_near(document, *match.span()):
            ranges.append(match.span())
    if document.has_run(7, 8):
        for match in _BUSINESS_ID.finditer(low):
            named = _BUSINESS_NEAR.search(document.before(match.start(), 40) + "\n" + document.after(match.end(), 40))
            if "-" in match.group(1) and (named or ytunnus.is_valid(match.group(1))):
                ranges.append(match.span())
        ranges += [match.span() for match in _VAT.finditer(low) if alv.is_valid(match.group(1))]
    if not ranges:
        return text
    chars = list(text)
    for start, end in ranges:
        chars[start:end] = OPAQUE * (end - start)
    return "".join(chars)


def _find_at(pattern: re.Pattern[str], text: str, starts: list[int]) -> Iterator[re.Match[str]]:
    """Do what `finditer` does for a pattern that can begin at some places alone."""
    position = 0
    for start in starts:
        match = pattern.match(text, start) if start >= position else None
        if match:
            yield match
            position = match.end()


def _code_near(document: Document, start: int, end: int) -> bool:
    """Whether a commodity code is spoken of near a number, and no code that a person was given."""
    near = _CODE_NEAR.near(document, start, end, before=40, after=25)
    return near and not _GIVEN_CODE.near(document, start, end, before=40)


def is_public_network(address: str) -> bool:
    """Whether an IP address leads to no one: loopback, unspecified or kept for documentation."""
    ip = ipaddress.ip_address(address)
    return any(ip in network for network in NETWORKS if ip.version == network.version)
