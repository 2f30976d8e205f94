"""What staff switch while the service runs, as a customer of the chat page meets it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, SlotSet, UserUttered

from components.channels.limits import Limits
from components.channels.origins import Origins
from components.channels.sessions import Session
from components.channels.web.conversations import WebConversations
from components.channels.web.plain import PlainChat
from components.channels.web.protocol import ProtocolError
from components.settings import RateLimits, Settings
from components.storage import switches
from components.storage.models import Event
from components.storage.tracker_store import SanitisedTrackerStore

DOMAIN = Domain.from_yaml(
    """
    version: "3.1"
    intents: [opening]
    slots:
      language: {type: text, influence_conversation: false, mappings: [{type: custom}]}
    """
)


class Chat:
    """The web channel over a store, and an assistant that answers in English."""

    def __init__(self, settings: Settings) -> None:
        self.store = SanitisedTrackerStore(DOMAIN, settings=settings)
        agent = SimpleNamespace(
            tracker_store=FailSafeTrackerStore(self.store), lock_store=InMemoryLockStore(), domain=DOMAIN
        )
        self.app: Any = SimpleNamespace(ctx=SimpleNamespace(agent=agent))
        self.conversations = WebConversations(settings, Limits(RateLimits()))
        self.heard: list[str] = []

    async def on_new_message(self, message: UserMessage) -> None:
        agent = self.app.ctx.agent
        self.heard.append(str(message.text))
        tracker = await agent.tracker_store.get_or_create_tracker(message.sender_id)
        tracker.update(UserUttered(message.text, message_id=message.message_id, metadata=message.metadata))
        tracker.update(SlotSet("language", "en"))
        said = BotUttered("An answer", metadata={"metadata": {"language": "en"}})
        tracker.update(said)
        await agent.tracker_store.save(tracker)
        assert message.output_channel is not None
        await message.output_channel.send_response(message.sender_id, said.message())

    async def opens(self, language: str = "en", **consent: Any) -> tuple[Session, list[dict[str, Any]]]:
        wish: dict[str, Any] = {"notice_version": None, "consent": False, **consent}
        _, session, opening = await self.conversations.open(
            self.app, self.on_new_message, language=language, address="192.0.2.1", **wish
        )
        return session, opening

    async def sends(self, session: Session, text: str, number: int = 1) -> list[dict[str, Any]]:
        answer = await self.conversations.send(
            self.app,
            self.on_new_message,
            session,
            client_id=f"message-{number}",
            raw=text,
            payload=None,
            address="192.0.2.1",
        )
        messages: list[dict[str, Any]] = answer["messages"]
        return messages

    def turn(self, name: str, value: str) -> None:
        now = datetime.datetime.now(datetime.timezone.utc)
        with self.store.engine.begin() as connection:
            switches.turn(connection, name, value, by="vilma", reason="a fault", now=now)
        self.app.ctx.switches = switches.Switches(self.store.engine)  # known at once instead of after seconds

    def events(self) -> int:
        with self.store.engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(Event.__table__)).scalar_one())


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Chat]:
    made = Chat(
        Settings.from_environment(
            {
                "RASA_TELEMETRY_ENABLED": "false",
                "LUOTSI_SECRET_KEY": "k" * 32,
                "LUOTSI_DATABASE_URL": f"sqlite:///{tmp_path / 'luotsi.sqlite'}",
            }
        )
    )
    yield made
    made.store.engine.dispose()


async def test_a_closed_service_says_so_and_where_else_to_turn(chat: Chat) -> None:
    session, _ = await chat.opens()
    await chat.sends(session, "hello")
    kept, heard = chat.events(), len(chat.heard)
    chat.turn("service", "off")

    (message,) = await chat.sends(session, "is anybody there?", 2)

    assert message["from"] == "bot"
    assert message["language"] == "en"
    assert "Luotsi is closed" in message["text"]
    assert "migri.fi" in message["text"]
    assert "tulli.fi" in message["text"]
    assert (chat.events(), len(chat.heard)) == (kept, heard)


async def test_the_same_message_is_answered_when_the_service_is_open_again(chat: Chat) -> None:
    session, _ = await chat.opens()
    chat.turn("service", "off")
    await chat.sends(session, "hello")
    chat.turn("service", "on")

    (message,) = await chat.sends(session, "hello")

    assert message["text"] == "An answer"


@pytest.mark.parametrize(("language", "words"), [("fi", "toistaiseksi suljettu"), ("en", "closed for the time being")])
async def test_a_conversation_with_a_closed_service_does_not_begin(chat: Chat, language: str, words: str) -> None:
    chat.turn("service", "off")

    session, (opening,) = await chat.opens(language)
    (message,) = await chat.sends(session, "hello")

    assert words in opening["text"]
    assert "suljettu" in message["text"]
    assert "closed" in message["text"]
    assert chat.heard == []
    assert chat.events() == 0


async def test_the_chat_page_goes_on_while_messaging_is_switched_off(chat: Chat) -> None:
    chat.turn("messaging", "off")
    session, _ = await chat.opens()

    (message,) = await chat.sends(session, "hello")

    assert message["text"] == "An answer"


async def test_consent_is_needed_as_soon_as_staff_switch_to_it(chat: Chat) -> None:
    running, _ = await chat.opens()
    chat.turn("consent", "opt-in")
    notice = await chat.conversations.notice(chat.app)

    assert notice.mode == "opt-in"
    with pytest.raises(ProtocolError, match="consent_required"):
        await chat.opens()
    with pytest.raises(ProtocolError, match="consent_required"):
        await chat.sends(running, "hello")
    session, _ = await chat.opens(notice_version=notice.version, consent=True)
    assert (await chat.sends(session, "hello", 2))[0]["text"] == "An answer"

    chat.turn("consent", "as set")
    assert (await chat.conversations.notice(chat.app)).mode == "notice"
    await chat.opens()


async def test_ratings_are_not_kept_while_feedback_is_switched_off(chat: Chat) -> None:
    session, _ = await chat.opens()
    await chat.sends(session, "hello")
    wish: dict[str, Any] = {"message_id": None, "rating": "helpful"}
    assert await chat.conversations.rate(chat.app, session, wish)

    chat.turn("feedback", "off")

    assert not await chat.conversations.rate(chat.app, session, wish)


async def submit(chat: Chat, **fields: str) -> str:
    """Send a form of the plain page and return the page that comes."""
    request: Any = SimpleNamespace(
        app=chat.app, body=b"", form={name: [value] for name, value in fields.items()}, remote_addr="192.0.2.1", ip=""
    )
    plain = PlainChat(chat.conversations, Origins(()))
    page = await plain.submitted(request, chat.on_new_message)
    assert page.body is not None
    return page.body.decode()


async def test_the_plain_page_tells_that_the_service_is_closed(chat: Chat) -> None:
    started = await submit(chat, do="start", language="en")
    token = started.split('name="token" value="', 1)[1].split('"', 1)[0]
    await submit(chat, do="send", language="en", token=token, id="message-1", text="hello")
    chat.turn("service", "off")

    page = await submit(chat, do="send", language="en", token=token, id="message-2", text="is anybody there?")

    assert "Luotsi is closed for the time being" in page
    assert "An answer" in page
    chat.turn("service", "on")
    again = await submit(chat, do="send", language="en", token=token, id="message-2", text="is anybody there?")
    assert "Luotsi is closed" not in again


async def test_the_plain_page_asks_for_consent_as_soon_as_staff_switch_to_it(chat: Chat) -> None:
    chat.turn("consent", "opt-in")

    page = await submit(chat, do="start", language="en")

    assert 'name="consent"' in page
    assert chat.heard == []
