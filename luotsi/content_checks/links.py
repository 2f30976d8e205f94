"""Links that look dead, or not meant for customers, by their shape alone; no page is asked for."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from components.content.catalogue import CatalogueEntry
from components.content.schema import LANGUAGES
from luotsi.content_checks.remarks import Remark, remark

CHECK = "links"

_MARKDOWN = re.compile(r"\[[^\]]*\]\(([^)\n]*)\)")
_BARE = re.compile(r"https?://[^\s<>\"]+")
_SPACE = re.compile(r"\s|%20|\u00a0")
_TRAILING = re.compile(r"[.,;:!?'\"”’)\]]+$")
# The last part of a public name begins with a letter, that of a number does not.
_HOST = re.compile(r"(?:[\w-]+\.)+[^\W\d_][\w-]+")
_STAGING = re.compile(
    r"(?:^|[.-])(?:staging|stage|stg|test|testing|dev|devel|qa|uat|preview|beta|sandbox|demo|webflow|localhost)(?:[.-]|$)"
    r"|\.(?:local|localhost|test|invalid|example|internal|webflow\.io|netlify\.app|vercel\.app|herokuapp\.com"
    r"|azurewebsites\.net|pages\.dev|ngrok\.io)$"
)
_SEARCH_SEGMENTS = frozenset({"search", "haku", "hae", "etsi", "hakutulokset", "search-results", "searchresults"})
_SEARCH_PARAMETERS = frozenset({"q", "query", "search", "s", "haku", "hakusana", "keyword", "keywords"})
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|yclid|mc_[ce]id|igshid|_ga|_gl|origin|ref|ref_src|cmpid|wt_\w+"
)


@dataclasses.dataclass(frozen=True)
class Fault:
    """What is wrong with an address, and the address without that fault where it follows from the shape."""

    kind: str
    better: str = ""


def check_links(entries: Iterable[CatalogueEntry]) -> Iterator[Remark]:
    """Yield every fault of the addresses in `links`, `sources`, the answers and the plain answers."""
    for entry in entries:
        for field, address in _addresses(entry):
            for fault in faults(address):
                kind = f"{fault.kind}_mended" if fault.better else fault.kind
                yield remark(CHECK, kind, entry, *field, address=address, better=fault.better)


def faults(address: str) -> Iterator[Fault]:
    """Yield what looks wrong with an address.

    Kinds: scheme (not https), space, host (none with a dot in it), staging, search (a page of results), tracking
    (parameters that tell where a visitor came from), punctuation (of the sentence around it), slashes.
    """
    if _SPACE.search(address):
        stripped = address.strip()
        yield Fault("space", "" if _SPACE.search(stripped) else stripped)
        return
    bare = _TRAILING.sub("", address)
    if bare != address:
        yield Fault("punctuation", bare)
    parts = urlsplit(bare)
    if parts.scheme != "https":
        yield Fault("scheme", urlunsplit(parts._replace(scheme="https")) if parts.scheme == "http" else "")
    host = parts.hostname or ""
    if not _HOST.fullmatch(host):
        yield Fault("host")
    elif _STAGING.search(host):
        yield Fault("staging")
    if "//" in parts.path:
        yield Fault("slashes", urlunsplit(parts._replace(path=re.sub("/{2,}", "/", parts.path))))
    parameters = parse_qsl(parts.query, keep_blank_values=True)
    segments = {re.sub(r"\.\w+$", "", unquote(segment)).casefold() for segment in parts.path.split("/")}
    if segments & _SEARCH_SEGMENTS or any(name.casefold() in _SEARCH_PARAMETERS for name, _ in parameters):
        yield Fault("search")
    kept = [(name, value) for name, value in parameters if not _TRACKING.fullmatch(name.casefold())]
    if kept != parameters:
        yield Fault("tracking", urlunsplit(parts._replace(query=urlencode(kept))))


def _addresses(entry: CatalogueEntry) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for field, pages in (("links", entry.topic.links), ("sources", entry.topic.sources)):
        for place, page in enumerate(pages):
            for language in LANGUAGES:
                address = getattr(page.url, language)
                if address is not None:
                    yield (field, place, "url", language), str(address)
    for language in LANGUAGES:
        for field, text in (("answer", entry.answer(language)), ("plain", entry.plain(language) or "")):
            for address in _MARKDOWN.findall(text):
                yield (field, language), address
            for address in _BARE.findall(_MARKDOWN.sub(" ", text)):
                # A full stop after an address in running text ends the sentence.
                yield (field, language), _TRAILING.sub("", address)
