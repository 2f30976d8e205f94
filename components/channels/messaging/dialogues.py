"""What the channel says itself: notice, consent, rights, refusals. Nothing of it is kept with a conversation."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from components.channels.messages import readable_date
from components.channels.messaging.rendering import Button, Part, Rendering, literal, parts_of
from components.channels.messaging.texts import say
from components.channels.notice import Notice, period
from components.channels.texts import LANGUAGES, text

_CONTACT_SECTIONS = ("controller", "officer")
COMMAND_SIGN = "!"


class Dialogues:
    """Makes the channel's own messages for one platform.

    site: the address before paths of our own. reply_address_lifetime: how long an address and a wish are kept.
    """

    def __init__(
        self, rendering: Rendering, notice: Notice, *, site: str, reply_address_lifetime: datetime.timedelta
    ) -> None:
        self._rendering = rendering
        self._notice = notice
        self._site = site
        self._lifetime = reply_address_lifetime

    def simple(self, name: str, language: str, **values: object) -> list[Part]:
        """Return one of the texts of texts.yml."""
        return self._parts(say(name, language, **values))

    def literal(self, words: str) -> list[Part]:
        """Return words as they are; nothing for an empty text."""
        return self._parts(literal(words))

    def channel_text(self, name: str, language: str, **values: object) -> list[Part]:
        """Return one of the texts that all channels share."""
        return self._parts(text(name, language, **values))

    def notice(self, language: str, *, told: bool, stored: bool, language_known: bool) -> list[Part]:
        """Return the short notice that precedes a conversation, or that it has changed since it was `told`."""
        name = "notice_unstored" if not stored else "notice_changed" if told else "notice"
        words = say(name, language, short=self._notice.document(language)["short"], address=self._address(language))
        return self._parts(self._in_both(words, language, language_known))

    def consent(self, language: str, *, language_known: bool) -> list[Part]:
        """Return the question whether the conversation may be stored, in both languages while none is known."""
        asked = [language] if language_known else [language, _other(language)]
        return [part for each in asked for part in self._consent(each)]

    def _consent(self, language: str) -> list[Part]:
        document = self._notice.document(language)
        words = say(
            "consent",
            language,
            short=document["short"],
            consent=document["consent"],
            address=self._address(language),
        )
        # The version in the button is the one that was read when it is pressed.
        buttons = [("button_agree", f"agree:{self._notice.version}"), ("button_do_not_store", "do_not_store")]
        return self._parts(words, self._buttons(buttons, language))

    def privacy(self, language: str, *, stored: bool) -> list[Part]:
        """Return the notice in short with the contacts, the address of the whole, and the rights."""
        document = self._notice.document(language)
        sections = [section for section in document["sections"] if section["id"] in _CONTACT_SECTIONS]
        contacts = "\n\n".join(f"**{section['heading']}:** " + "\n".join(section["paragraphs"]) for section in sections)
        words = say(
            "privacy",
            language,
            title=document["title"],
            short=document["short"],
            contacts=contacts,
            address=self._address(language),
        )
        names = ["show", "delete", *(["do_not_store"] if stored else [])]
        return self._parts(words, self._buttons([(f"button_{name}", name) for name in names], language))

    def delete_question(self, language: str) -> list[Part]:
        """Return the question whether the conversation shall be deleted."""
        return self._question("delete_question", ["delete_confirmed", "keep"], language)

    def do_not_store_question(self, language: str) -> list[Part]:
        """Return the question whether the conversation shall go on without being stored."""
        return self._question("do_not_store_question", ["do_not_store_confirmed", "store"], language)

    def stored(self, document: dict[str, Any], language: str) -> list[Part]:
        """Return what is kept of a conversation (components.channels.rights) as readable messages."""
        title = f"**{text('stored_title', language)}**"
        rows = (rows for name, rows in document["tables"].items() if name != "reply_addresses")
        if not any(rows):
            return self._parts(f"{title}\n\n{say('stored_nothing', language)}\n\n{self._about_address(language)}")
        if document["stored"]:
            lines = [text("stored_until", language, date=_moment(document["expires_at"], language))]
        else:
            lines = [text("stored_in_memory", language)]
        if document["reference"]:
            lines.append(text("stored_reference", language, reference=document["reference"]))
        if document["notice_version"]:
            lines.append(text("stored_notice", language, version=document["notice_version"]))
        if document["consented_at"]:
            lines.append(text("stored_consent", language, date=_moment(document["consented_at"], language)))
        lines += [text("stored_masked", language), self._about_address(language)]
        lines.append(text("stored_made", language, date=_moment(document["made_at"], language)))
        feedback = [
            f"- {' '.join(filter(None, [_moment(given['time'], language), given['rating'], given['comment']]))}"
            for given in document["feedback"]
        ]
        blocks = [title, *lines, f"**{text('stored_messages', language)}**", *_spoken(document["messages"], language)]
        if feedback:
            blocks += [f"**{text('stored_feedback', language)}**", "\n".join(map(_literal_line, feedback))]
        return self._parts("\n\n".join(blocks))

    def _about_address(self, language: str) -> str:
        return say("stored_address", language, period=period(self._lifetime, language))

    def _question(self, name: str, answers: list[str], language: str) -> list[Part]:
        words = say(name, language, period=period(self._lifetime, language))
        return self._parts(words, self._buttons([(f"button_{answer}", answer) for answer in answers], language))

    def _buttons(self, buttons: Iterable[tuple[str, str]], language: str) -> tuple[Button, ...]:
        """Return buttons that are commands; their words stand in the text for platforms that cannot show them."""
        made = tuple(Button(say(title, language), f"{COMMAND_SIGN}{command}") for title, command in buttons)
        too_long = any(len(button.title) > self._rendering.button_characters for button in made)
        return () if too_long or len(made) > self._rendering.max_buttons else made

    def _in_both(self, words: str, language: str, language_known: bool) -> str:
        if language_known:
            return words
        other = _other(language)
        return f"{words}\n\n{say('other_language', other, address=self._address(other))}"

    def _address(self, language: str) -> str:
        return f"{self._site}/chat/privacy?lang={language}"

    def _parts(self, words: str, buttons: tuple[Button, ...] = ()) -> list[Part]:
        return parts_of(words, self._rendering, site=self._site, buttons=buttons)


def _other(language: str) -> str:
    return next(other for other in LANGUAGES if other != language)


def _literal_line(line: str) -> str:
    """Return a line of a list in which only the bullet is Markdown."""
    return f"- {literal(line.removeprefix('- '))}"


def _spoken(messages: Iterable[dict[str, Any]], language: str) -> list[str]:
    spoken = []
    for message in messages:
        own = message["from"] == "customer"
        who = text("customer", language) if own else "Luotsi"
        words = literal(message["text"]) if own else message["text"]
        spoken.append(f"**{who}** {_moment(message['time'], language)}\n{words}")
    return spoken


def _moment(iso: str, language: str) -> str:
    moment = datetime.datetime.fromisoformat(iso).astimezone(datetime.timezone.utc)
    return f"{readable_date(moment.date().isoformat(), language)} {moment:%H:%M}"
