"""What staff switch while the service runs, as an authority's own application meets it."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from components.channels.limits import Limits
from components.channels.messaging.rest import RestInput
from components.channels.web.protocol import ProtocolError
from components.settings import RateLimits, Settings
from tests.channels.web.test_switches import Chat, chat  # noqa: F401 (a fixture)

_NUMBERS = itertools.count(1)


@pytest.fixture
def rest() -> RestInput:
    settings = Settings.from_environment(
        {
            "RASA_TELEMETRY_ENABLED": "false",
            "LUOTSI_SECRET_KEY": "k" * 32,
            "LUOTSI_DATABASE_URL": "sqlite:////tmp/unused.sqlite",
        }
    )
    return RestInput(settings, {"app": b"a" * 32}, Limits(RateLimits()))


async def send(rest: RestInput, chat: Chat, **body: Any) -> dict[str, Any]:  # noqa: F811
    """Let the application send a message."""
    request: Any = SimpleNamespace(app=chat.app)
    usual = {"user": "customer-1", "id": f"message-{next(_NUMBERS)}", "text": "hello", "language": "en"}
    return await rest._message(request, "app", {**usual, **body}, chat.on_new_message)


async def test_a_closed_service_says_so_once(rest: RestInput, chat: Chat) -> None:  # noqa: F811
    chat.turn("service", "off")

    answer = await send(rest, chat)

    assert answer["opening"] == []
    (message,) = answer["messages"]
    assert "Luotsi is closed" in message["text"]
    assert chat.heard == []
    assert chat.events() == 0


async def test_the_channel_is_none_of_the_messaging_services(rest: RestInput, chat: Chat) -> None:  # noqa: F811
    chat.turn("messaging", "off")

    assert (await send(rest, chat))["messages"][0]["text"] == "An answer"


async def test_consent_is_needed_as_soon_as_staff_switch_to_it(rest: RestInput, chat: Chat) -> None:  # noqa: F811
    version = (await send(rest, chat))["notice_version"]
    chat.turn("consent", "opt-in")

    with pytest.raises(ProtocolError, match="consent_required"):
        await send(rest, chat)
    with pytest.raises(ProtocolError, match="consent_required"):
        await send(rest, chat, consent=True, notice_version=version)
    wanted = (await chat.conversations.notice(chat.app)).version
    answer = await send(rest, chat, consent=True, notice_version=wanted)
    assert answer["notice_version"] == wanted != version
