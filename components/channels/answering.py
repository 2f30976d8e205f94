"""The one path from a customer's message to the answer, for every channel: masked, in order, answered once."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import datetime
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.shared.core.constants import DEFAULT_INTENTS
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Sanic

from components.channels import gate, startup
from components.channels.messages import JsonMessage, asked_for, bot_message, transcript
from components.channels.returning import WELCOME_BACK, is_coming_back
from components.channels.texts import LANGUAGES, text
from components.nlu.ahead import prepare
from components.privacy.conversation import ConversationMemory
from components.storage.rights import Receipt
from components.storage.switches import Feature

OPENING = "opening"
OWN_CHANNELS = frozenset({"web", "rest"})
"""What the authorities run themselves; every other channel is a messaging platform."""
# Begun by a channel or by Rasa itself, never by a customer's button.
NO_BUTTONS = frozenset({OPENING, WELCOME_BACK, *DEFAULT_INTENTS})
REPLY_TIMEOUT_SECONDS = 30.0
_REMEMBERED_ANSWERS = 2_000
_REMEMBERED_SECONDS = 600

OnNewMessage = Callable[[UserMessage], Awaitable[Any]]
Occasion = Literal["answering", "answered", "erased"]
Observer = Callable[[str, Occasion], None]  # gets the conversation's id
_Key = tuple[str, str]  # a conversation and a message of it


class ErasedMeanwhileError(Exception):
    """The conversation was erased while the message was on its way; nothing of the message is kept."""


class OverloadedError(Exception):
    """Too much waits for the database: nothing new is taken in."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """What is said to a message, and what is told about its masking: once in a conversation, else None."""

    messages: list[JsonMessage]
    notice: str | None


class Collector(CollectingOutputChannel):
    """Collects what the assistant says to one message."""

    def __init__(self) -> None:
        super().__init__()
        self.replies: list[JsonMessage] = []

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep one message in its JSON form."""
        self.replies.append(bot_message(message))


class Answering:
    """Takes the messages of one channel to Rasa; what it remembers of a conversation is in this process only.

    channel: the name under which the conversations are kept.
    lifetime: how long a conversation's memory for masking lasts (components.channels.gate.Memories).
    observers: are told when a conversation's message begins to be answered, when that is done, and of an erasure.
    """

    def __init__(self, channel: str, lifetime: datetime.timedelta) -> None:
        self._channel = channel
        self.memories = gate.Memories(lifetime)
        self.observers: list[Observer] = []
        self._answers: collections.OrderedDict[_Key, asyncio.Future[Answer]] = collections.OrderedDict()

    async def begin(
        self,
        app: Sanic,
        on_new_message: OnNewMessage,
        *,
        sender_id: str,
        language: str,
        notice_version: str,
        consented: bool,
    ) -> list[JsonMessage]:
        """Begin a conversation and return how the assistant opens it; raises OverloadedError.

        While the service is closed nothing begins, and that is said.
        """
        closed = await closed_message(app, self._channel, language)
        if closed is not None:
            return [closed]
        _refuse_when_overloaded(app)
        self.memories.begin(sender_id)
        output = Collector()
        message = gate.command_message(
            OPENING,
            sender_id=sender_id,
            channel=self._channel,
            output=output,
            message_id=gate.message_id(sender_id, OPENING),
            language=language,
            metadata={"notice_version": notice_version, "consented": consented},
        )
        await asyncio.wait_for(on_new_message(message), REPLY_TIMEOUT_SECONDS)
        return output.replies

    async def make_safe(self, app: Sanic, sender_id: str, raw: str) -> gate.SafeText:
        """Mask a message (gate 1) as one text with the messages before it and with what was asked for last."""
        memory = self.memories.get(sender_id) or await self._memory_after_restart(app, sender_id)
        return gate.make_safe(raw, memory, asked_for=await _asked_for(app, sender_id, raw))

    async def answer(
        self,
        app: Sanic,
        on_new_message: OnNewMessage,
        *,
        sender_id: str,
        message_id: str,
        safe: gate.SafeText,
        intent: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> Answer:
        """Answer a message, or a pressed button that stands for an intent; a repeated one gets the same answer.

        message_id: from `gate.message_id`. Raises ErasedMeanwhileError and OverloadedError. While the service is closed
        that is said, and nothing of the message is kept.
        """
        if (reason := await _closed(app, self._channel)) is not None:
            return Answer([_closed_message(reason, await _language(app, sender_id))], None)
        _refuse_when_overloaded(app)
        key = (sender_id, message_id)
        running = self._answers.get(key)
        if running is not None:
            return await asyncio.shield(running)
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        # Nobody may be waiting for it when it fails; the one who asked first gets the error anyway.
        answered.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._answers[key] = answered
        self._tell(sender_id, "answering")
        while len(self._answers) > _REMEMBERED_ANSWERS:
            self._answers.popitem(last=False)
        try:
            with startup.store(app).arrival(sender_id) as arrival:
                messages = await self._handle(app, on_new_message, sender_id, message_id, safe, intent, metadata or {})
                notice = await _notice_of(app, sender_id, message_id) if safe.labels else None
                if arrival.is_erased:
                    raise ErasedMeanwhileError
        except BaseException as error:
            if self._answers.get(key) is answered:
                del self._answers[key]
            answered.set_exception(error if isinstance(error, Exception) else RuntimeError("it was cancelled"))
            raise
        finally:
            self._tell(sender_id, "answered")
        answered.set_result(Answer(messages, notice))
        # Later repetitions find what is kept of the conversation; nothing outlives it here.
        asyncio.get_running_loop().call_later(_REMEMBERED_SECONDS, self._answers.pop, key, None)
        return answered.result()

    async def erase(self, app: Sanic, sender_id: str) -> Receipt:
        """Erase a conversation: what is stored, what waits to be stored, and what is remembered here."""
        receipt = await self._alone(app, sender_id, lambda: startup.store(app).erase(sender_id))
        self.memories.forget(sender_id)
        return receipt

    async def stop_storing(self, app: Sanic, sender_id: str, unstored_id: str) -> Receipt:
        """Erase what is stored of a conversation and let it go on under an id that is never stored."""
        receipt = await self._alone(app, sender_id, lambda: startup.store(app).stop_storing(sender_id, unstored_id))
        self.memories.move(sender_id, unstored_id)
        return receipt

    async def _alone(self, app: Sanic, sender_id: str, erase: Callable[[], Awaitable[Receipt]]) -> Receipt:
        """Erase while no message of the conversation is handled, and what this process remembers of it."""

        async def locked() -> Receipt:
            async with app.ctx.agent.lock_store.lock(sender_id):
                receipt = await erase()
            for key in [key for key in self._answers if key[0] == sender_id]:
                del self._answers[key]
            self._tell(sender_id, "erased")
            return receipt

        # What has begun is done to its end, even when nobody waits for it any more.
        return await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(locked())), REPLY_TIMEOUT_SECONDS)

    def _tell(self, sender_id: str, occasion: Occasion) -> None:
        for observer in self.observers:
            observer(sender_id, occasion)

    async def _memory_after_restart(self, app: Sanic, sender_id: str) -> ConversationMemory:
        kept = await messages(app, sender_id)
        # Another message may have come while the transcript was read.
        return self.memories.get(sender_id) or self.memories.begin(sender_id, [message["text"] for message in kept])

    async def _handle(
        self,
        app: Sanic,
        on_new_message: OnNewMessage,
        sender_id: str,
        message_id: str,
        safe: gate.SafeText,
        intent: str | None,
        metadata: dict[str, Any],
    ) -> list[JsonMessage]:
        agent: Agent = app.ctx.agent
        tracker = await agent.tracker_store.retrieve(sender_id)
        replies = _stored_replies(tracker, sender_id, message_id)
        if replies is not None:
            return replies
        output, welcome = Collector(), Collector()
        common: dict[str, Any] = {
            "sender_id": sender_id,
            "channel": self._channel,
            "output": output,
            "message_id": message_id,
            "metadata": metadata,
        }
        message = (
            gate.user_message(safe, **common) if intent is None else gate.command_message(intent, shown=safe, **common)
        )

        async def answer() -> None:
            if intent is None:
                await prepare(safe.text)
            if is_coming_back(tracker, agent.domain):
                welcoming = {**common, "output": welcome, "message_id": _welcome_id(sender_id, message_id)}
                await on_new_message(gate.command_message(WELCOME_BACK, **welcoming))
            await on_new_message(message)

        # The work goes on when the customer's connection breaks: a retry then finds the stored answer.
        await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(answer())), REPLY_TIMEOUT_SECONDS)
        return [*welcome.replies, *(output.replies or [await _apologise(agent, sender_id)])]


async def closed_message(app: Sanic, channel: str, language: str | None) -> JsonMessage | None:
    """Return what is said instead of every answer while staff have closed the service or this channel, else None."""
    reason = await _closed(app, channel)
    return _closed_message(reason, language) if reason is not None else None


async def _closed(app: Sanic, channel: str) -> str | None:
    """Return the name of the text that says what is closed, or None."""
    if not await startup.is_on(app, Feature.SERVICE):
        return "service_closed"
    if channel not in OWN_CHANNELS and not await startup.is_on(app, Feature.MESSAGING):
        return "messaging_closed"
    return None


def _closed_message(reason: str, language: str | None) -> JsonMessage:
    """Return it in a language, in every one when none is known."""
    words = "\n\n".join(text(reason, each) for each in (LANGUAGES if language not in LANGUAGES else [language]))
    return bot_message(BotUttered(words, metadata={"metadata": {"language": language}}).message())


async def _language(app: Sanic, sender_id: str) -> str | None:
    tracker = await app.ctx.agent.tracker_store.retrieve(sender_id)
    language = tracker.get_slot("language") if tracker is not None else None
    return str(language) if language in LANGUAGES else None


async def messages(app: Sanic, sender_id: str) -> list[JsonMessage]:
    """Return the messages of a conversation that are kept, oldest first."""
    return transcript(await startup.store(app).kept_events(sender_id))


def _stored_replies(tracker: DialogueStateTracker | None, sender_id: str, message_id: str) -> list[JsonMessage] | None:
    """Return what was answered to a message that was handled before, or None when it is new."""
    replies: collections.defaultdict[str, list[JsonMessage]] = collections.defaultdict(list)
    latest = ""
    for event in tracker.events if tracker is not None else []:
        if isinstance(event, UserUttered):
            latest = str(event.message_id)
        elif isinstance(event, BotUttered):
            replies[latest].append(bot_message(event.message()))
    answered = replies[message_id]
    return [*replies[_welcome_id(sender_id, message_id)], *answered] if answered else None


def _welcome_id(sender_id: str, message_id: str) -> str:
    """Return the id of the message with which the channel lets a customer be welcomed before their own message."""
    return gate.message_id(sender_id, f"{WELCOME_BACK}:{message_id}")


async def _apologise(agent: Agent, sender_id: str) -> JsonMessage:
    """Say that there is no answer, for example because the action server is down, and keep that it was said."""
    async with agent.lock_store.lock(sender_id):
        tracker = await agent.tracker_store.retrieve(sender_id)
        language = str(tracker.get_slot("language")) if tracker is not None else None
        event = BotUttered(text("service_unavailable", language), metadata={"metadata": {"language": language}})
        if tracker is not None:
            tracker.update(event)
            await agent.tracker_store.save(tracker)
    return bot_message(event.message())


async def _asked_for(app: Sanic, sender_id: str, raw: str) -> str | None:
    """Return the label of the value that the latest message of the conversation asks for.

    Read from what is kept, so that every server knows it. A message without a digit gives no such value.
    """
    if not any(sign.isdigit() for sign in raw):
        return None
    tracker = await app.ctx.agent.tracker_store.retrieve(sender_id)
    for event in reversed(tracker.events if tracker is not None else []):
        if isinstance(event, UserUttered):
            return None
        if isinstance(event, BotUttered) and (asked := asked_for(event.message())) is not None:
            return asked
    return None


async def _notice_of(app: Sanic, sender_id: str, message_id: str) -> str | None:
    """Return what is told about a message from which something was removed: told once in a conversation.

    Derived from what is kept, so that a retry and the transcript say the same.
    """
    kept = await messages(app, sender_id)
    return next((message["notice"] for message in kept if message["id"] == message_id), None)


def _refuse_when_overloaded(app: Sanic) -> None:
    if startup.store(app).overloaded:
        raise OverloadedError
