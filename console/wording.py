"""What views and forms need of the running console: its settings, the reader's language, its texts."""

from __future__ import annotations

from flask import current_app, request

from console.identity import person_or_none
from console.settings import ConsoleSettings
from console.texts import DEFAULT_LANGUAGE, LANGUAGES, knows, text

LANGUAGE_COOKIE = "luotsi_language"


def app_settings() -> ConsoleSettings:
    """Return the settings of the running console."""
    found: ConsoleSettings = current_app.extensions["luotsi_settings"]
    return found


def language() -> str:
    """Return the language of this request: the person's own, else what the page or the browser asks for."""
    found = person_or_none()
    if found is not None:
        return found.language
    wanted = request.args.get("lang") or request.cookies.get(LANGUAGE_COOKIE) or ""
    return wanted if wanted in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or DEFAULT_LANGUAGE


def say(name: str, /, **values: object) -> str:
    """Return one of the console's texts in the language of this request."""
    return text(name, language(), **values)


def channel_name(channel: str | None) -> str:
    """Return what a channel is called in the language of this request; a channel of somebody's own keeps its name."""
    name = f"common.channel_{channel or 'unknown'}"
    return say(name) if knows(name) else str(channel)
