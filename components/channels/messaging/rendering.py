"""The assistant's messages in the forms that messaging platforms can show."""

from __future__ import annotations

import dataclasses
import hashlib
import html
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Literal
from urllib.parse import urlsplit

from components.channels.messages import JsonMessage, readable_date
from components.channels.messaging.texts import say
from components.channels.texts import text

Markdown = Literal["html", "plain", "whatsapp"]

_LINK_OR_BOLD = re.compile(r"(?P<bold>\*\*)|\[(?P<title>[^\]]+)\]\((?P<url>[^)\s]+)\)")
_PIECES = re.compile(r"\n{2,}|\n|[^\S\n]+|\S+")
_BULLET = re.compile(r"^([^\S\n]*)[-*][^\S\n]+", re.MULTILINE)
_SENTENCE_END = (".", "!", "?", ":", ";", "…")
_DIGEST_CHARACTERS = 16
_MOST_QUOTED_WORDS = 3

# How good a place is to begin another message, best first.
_PARAGRAPH, _LINE, _SENTENCE, _WORD, _NOWHERE = range(5)


@dataclasses.dataclass(frozen=True)
class Button:
    """A button: what it shows and what Incoming.choice is when it was pressed ("/intent", "=title" or "!command")."""

    title: str
    choice: str


@dataclasses.dataclass(frozen=True)
class Image:
    """A picture: its address (https://…) and the words that stand for it, which are in the text already."""

    url: str
    alt: str


@dataclasses.dataclass(frozen=True)
class Part:
    """One message of a platform: within its limits, and in its markup ("html": escaped; "plain": as it is)."""

    text: str
    buttons: tuple[Button, ...] = ()
    image: Image | None = None


@dataclasses.dataclass(frozen=True)
class Rendering:
    """What a platform can show.

    max_characters: of one message, in UTF-16 code units of what the customer sees.
    max_buttons: of one message; 0 for a platform without buttons. More are numbered in the text.
    button_characters: the longest title of a button. Longer ones stand in the text, with numbers.
    choice_bytes: the longest payload of a button (UTF-8).
    markdown: "html" for bold and links as Telegram's HTML, "whatsapp" for bold between stars, "plain" for text alone.
    images: whether Part.image may be filled; the pictures are SVG.
    """

    max_characters: int
    max_buttons: int
    button_characters: int
    markdown: Markdown
    choice_bytes: int = 1_000
    images: bool = False


def render(message: JsonMessage, rendering: Rendering, *, site: str, notice: str | None = None) -> list[Part]:
    """Return a bot message as messages of a platform, all of it: text, picture in words, links, sources and buttons.

    site: the address before paths of our own, such as /chat/privacy. notice: what is told about the masking of the
    customer's message; it comes first.
    """
    language = message["language"]
    blocks = [_escaped(notice or ""), message["text"]]
    if message["image"]:
        picture = _link(say("picture", language), message["image"]["url"])
        blocks.append(f"{_escaped(message['image']['alt'])}\n{picture}")
    if message["links"]:
        blocks.append("\n".join([text("links", language), *map(_page, message["links"])]))
    if message["sources"]:
        lines = [text("source", language), *map(_page, message["sources"])]
        if message["reviewed"]:
            lines.append(text("checked", language, date=readable_date(message["reviewed"], language)))
        if message["volatile"]:
            lines.append(text("volatile", language))
        blocks.append("\n".join(lines))
    titles = [str(button["title"]) for button in message["buttons"]]
    buttons = _buttons(message, rendering)
    if is_numbered(message, rendering):
        numbered = [f"{number}. {_escaped(title)}" for number, title in enumerate(titles, start=1)]
        blocks.append("\n".join([text("choose", language), *numbered]))
    image = None
    if rendering.images and message["image"]:
        image = Image(_absolute(message["image"]["url"], site), message["image"]["alt"])
    return parts_of("\n\n".join(block for block in blocks if block), rendering, site=site, buttons=buttons, image=image)


def parts_of(
    markdown: str,
    rendering: Rendering,
    *,
    site: str,
    buttons: Sequence[Button] = (),
    image: Image | None = None,
) -> list[Part]:
    """Return a text in Markdown (bold, lists, links) as messages; buttons and picture go with the last one.

    A text that is too long is cut between paragraphs, else between lines, sentences or words, never inside a link.
    """
    tokens = list(_tokens(_BULLET.sub(r"\1• ", markdown.strip()), rendering, site))
    chunks = list(_chunks(tokens, rendering.max_characters))
    parts = [Part(_written(chunk, rendering.markdown)) for chunk in chunks]
    if not parts:
        return []
    return [*parts[:-1], dataclasses.replace(parts[-1], buttons=tuple(buttons), image=image)]


def is_numbered(message: JsonMessage, rendering: Rendering) -> bool:
    """Tell whether the buttons of a message stand in its text with numbers, so that a number means one of them."""
    titles = [str(button["title"]) for button in message["buttons"]]
    too_many = len(titles) > rendering.max_buttons
    return bool(titles) and (too_many or any(_units(title) > rendering.button_characters for title in titles))


def choice_of(button: dict[str, str | None], rendering: Rendering) -> str:
    """Return what a button of a message (docs/protocol.md) sends; one that is too long is named by a digest."""
    choice = button["payload"] or f"={button['title']}"
    if len(choice.encode()) <= rendering.choice_bytes:
        return choice
    return f"#{hashlib.sha256(choice.encode()).hexdigest()[:_DIGEST_CHARACTERS]}"


def literal(words: str) -> str:
    """Return words as Markdown that shows them as they are: what somebody wrote must not become a link or bold."""
    return _escaped(words)


@dataclasses.dataclass(frozen=True)
class _Token:
    """A piece that is not cut: a word, a break or a link. `url` is set for a link in HTML only."""

    shown: str
    bold: bool = False
    url: str | None = None

    @property
    def is_space(self) -> bool:
        return not self.url and self.shown.isspace()


# Stand for signs of Markdown that are meant as they are.
_MEANT = {"*": "\ue000", "[": "\ue001"}


def _escaped(words: str) -> str:
    for sign, stand_in in _MEANT.items():
        words = words.replace(sign, stand_in)
    return _BULLET.sub(lambda match: match.group().replace("-", "\ue002"), words)


def _meant(words: str) -> str:
    for sign, stand_in in (*_MEANT.items(), ("-", "\ue002")):
        words = words.replace(stand_in, sign)
    return words


def _buttons(message: JsonMessage, rendering: Rendering) -> tuple[Button, ...]:
    buttons = message["buttons"]
    if len(buttons) > rendering.max_buttons:
        return ()
    by_number = is_numbered(message, rendering)
    return tuple(
        Button(str(number) if by_number else str(button["title"]), choice_of(button, rendering))
        for number, button in enumerate(buttons, start=1)
    )


def _page(page: dict[str, str]) -> str:
    return f"- {_link(page['title'], page['url'])}"


def _link(title: str, url: str) -> str:
    return f"[{title.replace('[', '(').replace(']', ')')}]({url.replace(' ', '%20').replace(')', '%29')})"


def _absolute(url: str, site: str) -> str:
    return f"{site}{url}" if url.startswith("/") else url


def _tokens(markdown: str, rendering: Rendering, site: str) -> Iterator[_Token]:
    bold, position = False, 0
    for match in _LINK_OR_BOLD.finditer(markdown):
        yield from _words(markdown[position : match.start()], bold)
        position = match.end()
        if match["bold"]:
            bold = not bold
        elif rendering.markdown == "html":
            yield _Token(_meant(match["title"]), bold, _absolute(match["url"], site))
        else:
            yield _Token(_plain_link(_meant(match["title"]), _absolute(match["url"], site)))
    yield from _words(markdown[position:], bold)


def _words(piece: str, bold: bool) -> Iterator[_Token]:
    for word in _PIECES.findall(piece):
        yield _Token(_meant(word), bold)


def _plain_link(title: str, url: str) -> str:
    """Return a link as text; a title that is the address' own host is not written twice."""
    return url if title in (url, urlsplit(url).hostname) else f"{title}: {url}"


def _chunks(tokens: Sequence[_Token], limit: int) -> Iterator[list[_Token]]:
    start = 0
    while start < len(tokens):
        while start < len(tokens) and tokens[start].is_space:
            start += 1
        end, length = start, 0
        while end < len(tokens) and length + _units(tokens[end].shown) <= limit:
            length += _units(tokens[end].shown)
            end += 1
        if end == len(tokens):
            yield from filter(None, [_trimmed(tokens[start:end])])
            return
        if end == start:
            # Longer than a message by itself: nothing but cutting it helps.
            head, tail = _cut(tokens[start].shown, limit)
            yield [_Token(head, tokens[start].bold)]
            tokens = [*tokens[:start], _Token(tail, tokens[start].bold), *tokens[start + 1 :]]
            continue
        cut = _best_cut(tokens, start, end)
        yield from filter(None, [_trimmed(tokens[start:cut])])
        start = cut


def _best_cut(tokens: Sequence[_Token], start: int, end: int) -> int:
    """Return where the message that may hold tokens[start:end] ends best; not at a place that is far too early."""
    best: dict[int, int] = {}
    for position in range(start + 1, end + 1):
        best[_quality(tokens, position)] = position
    earliest = start + (end - start) // 3
    for quality in (_PARAGRAPH, _LINE, _SENTENCE, _WORD):
        if best.get(quality, 0) > earliest:
            return best[quality]
    return end


def _quality(tokens: Sequence[_Token], position: int) -> int:
    """Tell how good it is to begin another message with the token at `position`."""
    token = tokens[position]
    if not token.is_space:
        return _NOWHERE
    if "\n" in token.shown:
        return _PARAGRAPH if token.shown.count("\n") > 1 else _LINE
    return _SENTENCE if tokens[position - 1].shown.endswith(_SENTENCE_END) else _WORD


def _trimmed(chunk: Sequence[_Token]) -> list[_Token]:
    kept = list(chunk)
    while kept and kept[-1].is_space:
        kept.pop()
    return kept


def _cut(shown: str, limit: int) -> tuple[str, str]:
    length, end = 0, 0
    for character in shown:
        length += _units(character)
        if length > limit:
            break
        end += 1
    return shown[:end], shown[end:]


def _units(shown: str) -> int:
    return len(shown.encode("utf-16-le", "surrogatepass")) // 2


def _written(chunk: Sequence[_Token], markdown: Markdown) -> str:
    if markdown != "html":
        bold_runs = itertools.groupby(chunk, key=lambda token: token.bold)
        return "".join(
            _lightly_marked("".join(token.shown for token in run), bold, markdown) for bold, run in bold_runs
        )
    pieces = []
    for (bold, url), tokens in itertools.groupby(chunk, key=lambda token: (token.bold, token.url)):
        piece = html.escape("".join(token.shown for token in tokens), quote=False)
        if url is not None:
            piece = f'<a href="{html.escape(url)}">{piece}</a>'
        pieces.append(f"<b>{piece}</b>" if bold and piece.strip() else piece)
    return "".join(pieces)


def _is_bold(token: _Token) -> bool:
    return token.bold


def _lightly_marked(piece: str, bold: bool, markdown: Markdown) -> str:
    """Return a piece with its stars on WhatsApp; in plain text a few words to be typed stand in quotation marks."""
    words = piece.strip()
    if not bold or not words or "\n" in words:
        return piece
    if markdown == "whatsapp":
        marked = f"*{words}*"
    elif len(words.split()) <= _MOST_QUOTED_WORDS and not words.endswith(":"):
        marked = f"”{words}”"
    else:
        return piece
    return piece.replace(words, marked, 1)
