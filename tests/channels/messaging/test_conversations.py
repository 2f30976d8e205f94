"""What happens between an incoming message and its answer, on platforms with and without buttons."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import itertools
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from aiohttp import ClientSession
from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered

from components.channels.limits import Limits
from components.channels.messaging.conversations import Conversations, NotNowError
from components.channels.messaging.incoming import Incoming
from components.channels.messaging.platform import DeliveryError, GoneError, Platform, RefusedError
from components.channels.messaging.rendering import Part, Rendering, choice_of
from components.privacy.pseudonyms import pseudonym
from components.settings import RateLimits, Settings
from components.storage import switches
from components.storage.models import Base
from components.storage.tracker_store import SanitisedTrackerStore

SITE = "https://chat.example.fi"
ADDRESS = "whatsapp:+358457396128"
PLAIN = Rendering(max_characters=1600, max_buttons=0, button_characters=0, markdown="plain")
BUTTONS = Rendering(max_characters=4096, max_buttons=8, button_characters=40, markdown="html", choice_bytes=64)
LONG = "Ä" * 39
CHOICES = [
    {"title": "Gifts", "payload": "/customs_gift"},
    {"title": "2", "payload": "two"},
    {"title": LONG, "payload": LONG},
]
DOMAIN = Domain.from_yaml(
    """
    version: "3.1"
    intents: [opening, welcome_back, customs_gift]
    slots:
      language:
        type: categorical
        values: [fi, en]
        influence_conversation: false
        mappings: [{type: custom}]
    """
)
_NUMBERS = itertools.count(1)


class Telegraph:
    """A platform that keeps what is sent; an error is raised when there is one to raise."""

    name = "telegraph"

    def __init__(self, limits: Rendering) -> None:
        self.limits = limits
        self.sent: list[Part] = []
        self.error: DeliveryError | None = None
        self.left: list[str] = []

    async def send(self, session: ClientSession, address: str, parts: Sequence[Part]) -> None:
        if self.error is not None:
            raise self.error
        self.sent.extend(parts)

    async def leave(self, session: ClientSession, address: str) -> None:
        self.left.append(address)


class Server:
    """One server process: the channel's conversations over a store, and an assistant that repeats what it hears."""

    def __init__(self, settings: Settings, limits: Rendering = BUTTONS, *, rates: RateLimits | None = None) -> None:
        self.store = SanitisedTrackerStore(DOMAIN, settings=settings)
        self.agent = SimpleNamespace(
            tracker_store=FailSafeTrackerStore(self.store), lock_store=InMemoryLockStore(), domain=DOMAIN
        )
        self.app: Any = SimpleNamespace(ctx=SimpleNamespace(agent=self.agent))
        self.platform = Telegraph(limits)
        counted = Limits(rates or RateLimits())
        self.conversations = Conversations(settings, cast("Platform", self.platform), site=SITE, limits=counted)
        self.heard: list[str] = []
        self.seconds = 0.0
        self.answer: dict[str, Any] = {}

    async def on_new_message(self, message: UserMessage) -> None:
        """Do what Rasa would do."""
        async with self.agent.lock_store.lock(message.sender_id):
            await asyncio.sleep(self.seconds)
            tracker = await self.agent.tracker_store.get_or_create_tracker(message.sender_id)
            tracker.update(UserUttered(message.text, message_id=message.message_id, metadata=message.metadata))
            if not str(message.text).startswith("/opening"):
                self.heard.append(str(message.text))
            said = BotUttered(
                f"You said {message.text}",
                data={"buttons": self.answer.get("buttons")},
                metadata={"metadata": {"language": "en", **self.answer.get("metadata", {})}},
            )
            tracker.update(said)
            await self.agent.tracker_store.save(tracker)
        assert message.output_channel is not None
        await message.output_channel.send_response(message.sender_id, said.message())

    async def handle(self, **content: Any) -> list[Part]:
        """Let something arrive and return what was sent."""
        usual = {"address": ADDRESS, "delivery_id": str(next(_NUMBERS)), "language": "en"}
        before = len(self.platform.sent)
        incoming = Incoming(**{**usual, **content})
        await self.conversations.handle(self.app, cast("Any", None), self.on_new_message, incoming)
        return self.platform.sent[before:]

    def rows(self, table: str, sender_id: str | None = None) -> list[Any]:
        """Rows of a table."""
        self.store.flush()
        found = Base.metadata.tables[table]
        query = sa.select(found)
        with self.store.engine.connect() as connection:
            return list(connection.execute(query if sender_id is None else query.where(found.c.sender_id == sender_id)))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment(
        {
            "RASA_TELEMETRY_ENABLED": "false",
            "LUOTSI_SECRET_KEY": "k" * 32,
            "LUOTSI_DATABASE_URL": f"sqlite:///{tmp_path / 'luotsi.sqlite'}",
        }
    )


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    made = Server(settings)
    yield made
    made.store.engine.dispose()


@pytest.fixture
def plain(settings: Settings) -> Iterator[Server]:
    made = Server(settings, PLAIN)
    yield made
    made.store.engine.dispose()


def sender(key: bytes = b"k" * 32) -> str:
    return pseudonym(key, "telegraph", ADDRESS)


# ------------------------------------------------------------------------------------------------- who it is


async def test_a_customer_is_a_pseudonym(server: Server) -> None:
    await server.handle(text="hello")
    assert [row.sender_id for row in server.rows("conversations")] == [sender()]
    assert [row.sender_id for row in server.rows("reply_addresses")] == [sender()]


async def test_after_a_change_of_the_key_a_conversation_goes_on(server: Server, settings: Settings) -> None:
    await server.handle(text="hello")
    server.store.flush()
    changed = Server(dataclasses.replace(settings, secret_key=b"n" * 32, previous_secret_keys=(b"k" * 32,)))
    (answer,) = await changed.handle(text="again")  # without another notice
    assert "again" in answer.text
    assert {row.sender_id for row in changed.rows("conversations")} == {sender()}
    changed.store.engine.dispose()


async def test_after_a_change_of_the_key_a_new_conversation_has_the_new_pseudonym(settings: Settings) -> None:
    changed = Server(dataclasses.replace(settings, secret_key=b"n" * 32, previous_secret_keys=(b"k" * 32,)))
    await changed.handle(text="hello")
    assert {row.sender_id for row in changed.rows("conversations")} == {sender(b"n" * 32)}
    changed.store.engine.dispose()


# ------------------------------------------------------------------------------------- once, and in order


async def test_a_repeated_delivery_is_answered_once_also_by_another_server(server: Server, settings: Settings) -> None:
    other = Server(settings)
    assert await server.handle(text="hello", delivery_id="x")
    assert await server.handle(text="hello", delivery_id="x") == []
    assert await other.handle(text="hello", delivery_id="x") == []
    other.store.engine.dispose()


async def test_a_delivery_that_another_server_handles_is_asked_for_later(server: Server, settings: Settings) -> None:
    other = Server(settings)
    server.seconds = 0.5
    first = asyncio.ensure_future(server.handle(text="hello", delivery_id="x"))
    await asyncio.sleep(0.2)
    with pytest.raises(NotNowError):
        await other.handle(text="hello", delivery_id="x")
    assert await first
    other.store.engine.dispose()


async def test_what_was_cut_off_is_handled_when_it_comes_again(server: Server) -> None:
    server.seconds = 5
    first = asyncio.ensure_future(server.handle(text="hello", delivery_id="x"))
    await asyncio.sleep(0.3)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    server.seconds = 0
    server.conversations._answering._answers.clear()  # as after a restart
    assert await Server.handle(server, text="hello", delivery_id="x")


async def test_messages_of_a_customer_are_answered_in_order(server: Server) -> None:
    server.seconds = 0.01
    await asyncio.gather(*(server.handle(text=f"message {number}") for number in range(8)))
    assert server.heard == [f"message {number}" for number in range(8)]


async def test_too_much_is_told_once(server: Server) -> None:
    server.seconds = 0.05
    sent = await asyncio.gather(*(server.handle(text="again and again") for _ in range(30)))
    assert sum("more messages" in part.text for part in server.platform.sent) == 1
    assert len(server.heard) < 30
    assert sent


# ----------------------------------------------------------------------------------------------- choices


async def test_a_number_means_the_choice_that_it_stands_before(plain: Server) -> None:
    plain.answer = {"buttons": CHOICES}
    await plain.handle(text="hello")
    await plain.handle(text=" 1. ")
    assert plain.heard[-1] == "/customs_gift"
    await plain.handle(text="3")
    assert plain.heard[-1] == LONG


async def test_a_title_that_is_a_number_wins(plain: Server) -> None:
    plain.answer = {"buttons": [{"title": "2", "payload": "x"}, {"title": "5", "payload": "y"}]}
    await plain.handle(text="hello")
    await plain.handle(text="2")
    assert plain.heard[-1] == "2"
    await plain.handle(text="5")
    assert plain.heard[-1] == "5"


async def test_a_number_is_a_number_where_none_was_offered(server: Server, plain: Server) -> None:
    server.answer = {"buttons": CHOICES}
    for some in (server, plain):
        await some.handle(text="hello", address="another")
        await some.handle(text="1", address="another")
        assert some.heard[-1] == "1"
    await plain.handle(text="9")
    assert plain.heard[-1] == "9"


async def test_a_pressed_button_is_its_intent_with_the_title_that_was_seen(server: Server) -> None:
    server.answer = {"buttons": CHOICES}
    await server.handle(text="hello")
    await server.handle(choice="/customs_gift")
    assert server.heard[-1] == "/customs_gift"
    parts = await server.handle(text="my data")
    assert "Gifts" in "".join(part.text for part in parts)


async def test_a_ready_made_reply_is_a_text(server: Server) -> None:
    await server.handle(text="hello")
    await server.handle(choice="=Yes, please")
    assert server.heard[-1] == "Yes, please"


async def test_a_long_reply_is_found_by_its_digest(server: Server) -> None:
    server.answer = {"buttons": CHOICES}
    await server.handle(text="hello")
    choice = choice_of({"title": LONG, "payload": None}, BUTTONS)
    assert choice.startswith("#")
    await server.handle(choice=choice)
    assert server.heard[-1] == LONG


@pytest.mark.parametrize("choice", ["#0123456789abcdef", "/no_such_intent", "/opening", "/restart", "!unknown", "x"])
async def test_an_unknown_button_is_told_to_be_old(server: Server, choice: str) -> None:
    await server.handle(text="hello")
    heard = list(server.heard)
    (part,) = await server.handle(choice=choice)
    assert "too old" in part.text
    assert server.heard == heard


# ---------------------------------------------------------------------------------------------- the notice


async def test_the_notice_comes_once_and_again_when_it_has_changed(server: Server, settings: Settings) -> None:
    assert len(await server.handle(text="hello")) == 2
    assert len(await server.handle(text="hello")) == 1
    server.store.flush()
    changed = Server(dataclasses.replace(settings, retention=settings.retention / 2))
    notice, _ = await changed.handle(text="hello")
    assert "has changed" in notice.text
    assert len(await changed.handle(text="hello")) == 1
    changed.store.engine.dispose()


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("show_notice", "The whole privacy notice"),
        ("show_stored", "What is stored"),
        ("delete", "Delete the conversation?"),
        ("do_not_store", "Go on without storing?"),
    ],
)
async def test_what_the_page_would_offer_is_a_dialogue_here(server: Server, action: str, words: str) -> None:
    await server.handle(text="hello")
    server.answer = {"metadata": {"action": action}}
    parts = await server.handle(text="I have a wish")
    assert words in parts[0].text
    assert not parts[0].text.startswith("You said")


# ------------------------------------------------------------------------------------------------ the rights


async def test_without_buttons_the_words_of_the_question_delete(plain: Server) -> None:
    await plain.handle(text="hello")
    (question,) = await plain.handle(text="delete my data")
    assert question.buttons == ()
    assert "Delete everything" in question.text
    assert plain.rows("events")
    await plain.handle(text="delete everything")
    assert plain.rows("events") == plain.rows("conversations") == plain.rows("reply_addresses") == []


async def test_a_wish_not_to_be_stored_outlives_the_server(server: Server, settings: Settings) -> None:
    await server.handle(text="hello")
    await server.handle(choice="!do_not_store_confirmed")
    other = Server(settings)
    await other.handle(text="hello again")
    assert other.rows("events") == other.rows("conversations") == []
    (row,) = other.rows("reply_addresses")
    assert not row.stored
    await other.handle(choice="!delete_confirmed")
    assert other.rows("reply_addresses") == []
    other.store.engine.dispose()


async def test_a_conversation_goes_on_when_it_is_not_stored_any_more(server: Server) -> None:
    server.answer = {"buttons": CHOICES}
    await server.handle(text="hello")
    await server.handle(choice="!do_not_store_confirmed")
    parts = await server.handle(text="my data")
    assert "hello" in "".join(part.text for part in parts)


# -------------------------------------------------------------------------------------------- what is not taken


async def test_a_burst_is_refused_once_also_by_another_server(server: Server, settings: Settings) -> None:
    other = Server(settings)
    assert len(await server.handle(refused="photo", burst="album 1")) == 1
    assert await server.handle(refused="photo", burst="album 1") == []
    assert await other.handle(refused="photo", burst="album 1") == []
    assert len(await server.handle(refused="photo", burst="album 2")) == 1
    other.store.engine.dispose()


async def test_a_group_is_left(server: Server) -> None:
    await server.handle(refused="group", burst="group -1", address="-1")
    assert server.platform.left == ["-1"]


async def test_a_refusal_keeps_nothing_of_the_customer(server: Server) -> None:
    await server.handle(refused="photo")
    assert server.rows("reply_addresses") == server.rows("conversations") == []


# ------------------------------------------------------------------------------------------------- what fails


@pytest.mark.parametrize(("error", "kept"), [(GoneError(), 0), (RefusedError(400), 1)], ids=["gone", "refused"])
async def test_only_who_is_gone_is_forgotten(server: Server, error: DeliveryError, kept: int) -> None:
    server.platform.error = error
    await server.handle(text="hello")
    assert len(server.rows("reply_addresses")) == kept


async def test_an_error_is_an_apology_and_no_text_in_the_log(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def fail(message: UserMessage) -> None:
        raise ValueError(f"cannot handle {message.text} of {ADDRESS}")

    monkeypatch.setattr(server, "on_new_message", fail)
    (part,) = await server.handle(text="hush hush")
    assert "Something is wrong with the service" in part.text
    assert "(ValueError)" in caplog.text
    assert "hush" not in caplog.text
    assert ADDRESS not in caplog.text


async def test_while_the_database_is_away_nobody_is_stored_against_their_wish(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from components.storage.reply_addresses import ReplyAddresses

    def away(*arguments: object, **options: object) -> bool:
        raise sa.exc.OperationalError("select", {}, Exception("away"))

    await server.handle(text="hello", address="known")
    monkeypatch.setattr(ReplyAddresses, "is_stored", away)
    assert await server.handle(text="hello again", address="known")
    assert await server.handle(text="hello", address="unknown")
    assert {row.sender_id for row in server.rows("conversations")} == {
        pseudonym(settings.secret_key, "telegraph", "known")
    }


# ------------------------------------------------------------------------------------------- staff's switches


def switch(server: Server, name: str, value: str) -> None:
    with server.store.engine.begin() as connection:
        moment = datetime.datetime.now(datetime.timezone.utc)
        switches.turn(connection, name, value, by="vilma", reason="a fault", now=moment)
    server.app.ctx.switches = switches.Switches(server.store.engine)  # known at once instead of after seconds


@pytest.mark.parametrize(
    ("name", "words"), [("service", "Luotsi is closed"), ("messaging", "on this messaging service")]
)
async def test_while_it_is_switched_off_customers_are_told_where_to_turn(server: Server, name: str, words: str) -> None:
    switch(server, name, "off")

    said = " ".join(part.text for part in await server.handle(text="may I bring a gift?"))

    assert words in said
    assert "migri.fi" in said
    assert "tulli.fi" in said
    assert server.heard == []
    assert server.rows("events") == []
    switch(server, name, "on")
    await server.handle(text="and now?")
    assert server.heard == ["and now?"]


async def test_the_rights_are_there_while_it_is_switched_off(server: Server) -> None:
    await server.handle(text="may I bring a gift?")
    assert server.rows("events")
    switch(server, "service", "off")

    await server.handle(choice="!delete_confirmed")

    assert server.rows("events") == []


async def test_consent_is_asked_for_as_soon_as_staff_switch_to_it(server: Server) -> None:
    switch(server, "consent", "opt-in")

    await server.handle(text="may I bring a gift?")
    assert (server.heard, server.rows("events")) == ([], [])

    await server.handle(text="I agree")
    assert server.heard == ["may I bring a gift?"]
    assert server.rows("conversations")[0].consented_at is not None
