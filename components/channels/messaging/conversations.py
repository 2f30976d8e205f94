"""From an incoming message to the delivered answer: who it is, in what order, what was told, and what is remembered."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import datetime
import functools
import logging
import re
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import aiohttp
from rasa.core.agent import Agent
from sanic import Sanic
from sqlalchemy.exc import SQLAlchemyError

from components.channels import answering, gate, startup
from components.channels.answering import (
    NO_BUTTONS,
    Answering,
    ErasedMeanwhileError,
    OnNewMessage,
    OverloadedError,
)
from components.channels.limits import Kind, Limits, TooManyRequestsError
from components.channels.messages import JsonMessage
from components.channels.messaging.delivery import deliver
from components.channels.messaging.dialogues import COMMAND_SIGN, Dialogues
from components.channels.messaging.incoming import Incoming
from components.channels.messaging.platform import DeliveryError, GoneError, LeavesGroups, Platform, ShowsTyping
from components.channels.messaging.rendering import Part, choice_of, is_numbered, render
from components.channels.messaging.texts import Command, command_in, say
from components.channels.notice import Notice, load_notices
from components.channels.rights import stored_document
from components.channels.texts import DEFAULT_LANGUAGE, LANGUAGES
from components.privacy.pseudonyms import NETWORK_KEY, Pseudonyms, pseudonym
from components.settings import Settings
from components.storage.deliveries import Claim, Deliveries
from components.storage.reply_addresses import ReplyAddresses
from components.storage.rights import is_stored
from components.storage.unstored import UNSTORED_PREFIX

logger = logging.getLogger(__name__)

MAX_WAITING = 10
MAX_AT_ONCE = 2_000
_MAX_REMEMBERED = 10_000
_HELD_SECONDS = 3_600.0
_TYPING_SECONDS = 1.0
_NUMBER = re.compile(r"\s*([1-9][0-9]?)\s*[.)]?\s*")
_INTENT = re.compile(r"/([a-z][a-z0-9_]{0,80})")
_ACTIONS = {"show_notice": "privacy", "show_stored": "show", "delete": "delete", "do_not_store": "do_not_store"}

_Answer = TypeVar("_Answer")


class NotNowError(Exception):
    """The message is not taken now; the platform shall deliver it again."""


@dataclasses.dataclass(frozen=True)
class _Customer:
    """Somebody on the platform: `base` names the reply address, `talk` the conversation that Rasa knows.

    away: the database could not be read.
    """

    address: str = dataclasses.field(repr=False)
    base: str
    talk: str
    away: bool = False

    @property
    def stored(self) -> bool:
        return self.base == self.talk


@dataclasses.dataclass(frozen=True)
class _Held:
    """A message that waits for consent, in memory only."""

    incoming: Incoming
    version: str
    until: float


class _Recent:
    """A bounded set of what was met lately."""

    def __init__(self) -> None:
        self._kept: collections.OrderedDict[str, Any] = collections.OrderedDict()

    def get(self, key: str) -> Any:
        return self._kept.get(key)

    def put(self, key: str, value: Any) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        while len(self._kept) > _MAX_REMEMBERED:
            self._kept.popitem(last=False)

    def drop(self, key: str) -> Any:
        return self._kept.pop(key, None)


class Conversations:
    """Handles what customers do on one platform.

    Each delivery is answered once, on however many servers; the messages of one customer one after the other. What a
    customer wrote is masked before anything else sees it, and an address is kept nowhere but encrypted.
    """

    def __init__(self, settings: Settings, platform: Platform, *, site: str, limits: Limits) -> None:
        self._settings = settings
        self._platform = platform
        self._limits = limits
        self._site = site
        self._pseudonyms = Pseudonyms(settings.secret_keys)
        self._told_by_mode = {
            mode: (notice, self._dialogues_of(notice)) for mode, notice in load_notices(settings).items()
        }
        self._answering = Answering(platform.name, settings.session_lifetime)
        self._handling: set[str] = set()
        self._handled = _Recent()
        self._stored = _Recent()
        self._told = _Recent()
        self._held = _Recent()
        self._asked_to_wait = _Recent()
        self._turns: dict[str, tuple[asyncio.Lock, int]] = {}

    def _dialogues_of(self, notice: Notice) -> Dialogues:
        lifetime = self._settings.reply_address_lifetime
        return Dialogues(self._platform.limits, notice, site=self._site, reply_address_lifetime=lifetime)

    async def handle(
        self, app: Sanic, session: aiohttp.ClientSession, on_new_message: OnNewMessage, incoming: Incoming
    ) -> None:
        """Answer what a customer did, and return when the answer is delivered or given up.

        Raises NotNowError when another server has this delivery or too much is under way here.
        """
        work = _Work(self, app, session, on_new_message)
        digest = work.deliveries.digest(self._platform.name, incoming.delivery_id)
        if digest in self._handling:
            return
        if len(self._handling) >= MAX_AT_ONCE:
            raise NotNowError
        self._handling.add(digest)
        try:
            # Nothing is waited for before this, so that the turns are in the order of arrival.
            async with self._turn(self._pseudonyms.current(self._platform.name, incoming.address)):
                await self._handle_once(work, digest, incoming)
        except _TooManyError:
            await work.ask_to_wait(incoming)
        finally:
            self._handling.discard(digest)

    async def _handle_once(self, work: _Work, digest: str, incoming: Incoming) -> None:
        claim = await self._claim(work, digest)
        if claim is Claim.ELSEWHERE:
            raise NotNowError
        if claim is Claim.HANDLED:
            return
        try:
            await work.handle(incoming)
        except BaseException:
            # Cut off by the server's end: whoever comes next shall have it.
            await asyncio.shield(_tried(lambda: work.deliveries.release(digest)))
            raise
        self._handled.put(digest, True)
        await _tried(lambda: work.deliveries.finish(digest))

    async def _claim(self, work: _Work, digest: str) -> Claim:
        if self._handled.get(digest):
            return Claim.HANDLED
        # While the database is away, this server's memory tells repetitions.
        return await _tried(lambda: work.deliveries.claim(digest, now=_now())) or Claim.OURS

    @contextlib.asynccontextmanager
    async def _turn(self, current: str) -> AsyncIterator[None]:
        """Wait until the customer's earlier messages are answered; raises _TooManyError when too many wait."""
        lock, waiting = self._turns.get(current, (asyncio.Lock(), 0))
        if waiting > MAX_WAITING:
            raise _TooManyError
        self._turns[current] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._turns[current]
            if waiting > 1:
                self._turns[current] = (lock, waiting - 1)
            else:
                del self._turns[current]


class _TooManyError(Exception):
    """The customer sends more than can be answered."""


class _Work:
    """The handling of one incoming message."""

    def __init__(
        self, of: Conversations, app: Sanic, session: aiohttp.ClientSession, on_new_message: OnNewMessage
    ) -> None:
        self._of = of
        self._app = app
        self._session = session
        self._on_new_message = on_new_message
        self._platform = of._platform
        self._notice, self._dialogues = of._told_by_mode[of._settings.consent_mode]
        self._answering = of._answering
        self._store = startup.store(app)
        self.deliveries = Deliveries(self._store.engine, of._settings.secret_key)
        self._addresses = ReplyAddresses(self._store.engine, of._settings)

    async def handle(self, incoming: Incoming) -> None:
        """Answer and deliver; every failure becomes words for the customer or one line in the log."""
        mode = await startup.consent_mode(self._app, self._of._settings.consent_mode)
        self._notice, self._dialogues = self._of._told_by_mode[mode]
        base = await self._base(incoming.address)
        try:
            await self._of._limits.check(Kind.MESSAGE, conversation=base, network=None)
        except TooManyRequestsError:
            await self.ask_to_wait(incoming)
            return
        customer = await self._customer(base, incoming.address)
        if incoming.refused is not None:
            await self._refuse(customer, incoming)
            return
        typing = asyncio.get_running_loop().create_task(self._show_typing(customer))
        try:
            parts = await self._answer(customer, incoming)
        except ErasedMeanwhileError:
            parts = self._dialogues.channel_text("conversation_deleted", await self._language(customer, incoming))
        except (OverloadedError, asyncio.TimeoutError):
            parts = self._dialogues.channel_text("service_unavailable", incoming.language or DEFAULT_LANGUAGE)
        except Exception as error:
            # Only the kind of error is logged: its text may hold what the customer wrote.
            logger.error("A message of the channel %s failed (%s).", self._platform.name, type(error).__name__)
            parts = self._dialogues.channel_text("service_unavailable", incoming.language or DEFAULT_LANGUAGE)
        # The sign must not come after the answer.
        await asyncio.wait([typing], timeout=_TYPING_SECONDS)
        typing.cancel()
        await self._deliver(customer, parts)

    # ------------------------------------------------------------------------------------------------ who it is

    async def _base(self, address: str) -> str:
        """Return the customer's pseudonym: under the key in use, or under an earlier one with which there is a row."""
        name, pseudonyms = self._platform.name, self._of._pseudonyms
        current, earlier = pseudonyms.current(name, address), pseudonyms.earlier(name, address)
        if not earlier:
            return current
        for candidate in (current, *earlier):
            if await _tried(functools.partial(is_stored, self._store.engine, candidate)):
                return candidate
        return current

    async def _customer(self, base: str, address: str) -> _Customer:
        kept = await _tried(lambda: self._addresses.is_stored(base, now=_now()))
        # While the database is away, nobody whose wish is not known is stored.
        stored = bool(self._of._stored.get(base)) if kept is None else kept
        if kept is not None:
            self._of._stored.put(base, kept)
        return _Customer(address, base, base if stored else self._unstored(base), away=kept is None)

    def _unstored(self, base: str) -> str:
        return UNSTORED_PREFIX + pseudonym(self._of._settings.secret_key, f"{self._platform.name} unstored", base)

    async def _remember(self, customer: _Customer, *, stored: bool | None = None) -> None:
        def remember() -> None:
            self._addresses.remember(customer.base, self._platform.name, customer.address, now=_now(), stored=stored)

        await _tried(remember)

    async def _language(self, customer: _Customer, incoming: Incoming, command: Command | None = None) -> str:
        """Return the language of a command, else of the conversation, else of the customer's screen."""
        if command is not None and command.language is not None:
            return command.language
        agent: Agent = self._app.ctx.agent
        tracker = await agent.tracker_store.retrieve(customer.talk)
        spoken = tracker.get_slot("language") if tracker is not None else None
        return next((language for language in (spoken, incoming.language) if language in LANGUAGES), DEFAULT_LANGUAGE)

    # --------------------------------------------------------------------------------------- what is answered

    async def _answer(self, customer: _Customer, incoming: Incoming) -> list[Part]:
        command, version = _command(incoming)
        told = await self._store.notice_version(customer.talk)
        if told is None and customer.away:
            told = self._of._told.get(customer.talk)
        if command is not None and command.name == "agree" and not await self._may_agree(customer, told, version):
            command = None if incoming.choice is None else Command("start", command.language)
        if command is not None and command.name in ("privacy", "help", "show", "delete", "delete_confirmed", "keep"):
            return await self._rights(customer, incoming, command)
        language = await self._language(customer, incoming, command)
        closed = await answering.closed_message(self._app, self._platform.name, language)
        if closed is not None:
            return self._rendered([closed], None)
        if await self._needs_consent(customer, told):
            return await self._consent(customer, incoming, command, version)
        if command is not None and command.name in ("do_not_store", "do_not_store_confirmed", "store"):
            return await self._rights(customer, incoming, command)
        await self._remember(customer)
        if command is not None and command.name == "start":
            return await self._start(customer, incoming, command, told)
        return await self._talk(customer, incoming, told)

    async def _start(self, customer: _Customer, incoming: Incoming, command: Command, told: str | None) -> list[Part]:
        language = await self._language(customer, incoming, command)
        if told == self._notice.version:
            return self._dialogues.simple("help", language)
        opening = await self._begin(customer, language, consented=False)
        lead = self._lead(customer, language, told, known=incoming.language is not None or told is not None)
        return [*lead, *self._rendered(opening, None)]

    async def _talk(
        self,
        customer: _Customer,
        incoming: Incoming,
        told: str | None,
        *,
        consented: bool = False,
        asked: bool = False,
    ) -> list[Part]:
        """Return the answer to a message or a button, after the notice where it was not told yet.

        asked: the question for consent told the notice just now.
        """
        language = await self._language(customer, incoming)
        offered = await self._offered(customer) if _may_mean_a_button(incoming) else []
        meant = _meant(incoming, offered, self._platform)
        if meant is None:
            return self._dialogues.simple("old_button", language)
        raw, intent = meant
        if len(raw) > gate.MAX_MESSAGE_CHARACTERS:
            return self._dialogues.channel_text("too_long", language, limit=gate.MAX_MESSAGE_CHARACTERS)
        agent: Agent = self._app.ctx.agent
        if intent is not None and (intent not in agent.domain.intents or intent in NO_BUTTONS):
            return self._dialogues.simple("old_button", language)
        lead: list[Part] = []
        if told != self._notice.version:
            await self._begin(customer, language, consented=consented)
            if not asked:
                known = incoming.language is not None or told is not None
                lead = self._lead(customer, language, told, known=known)
        safe = await self._answering.make_safe(self._app, customer.talk, raw)
        if not safe.text and intent is None:
            return [*lead, *self._dialogues.simple("empty", language)]
        answer = await self._answering.answer(
            self._app,
            self._on_new_message,
            sender_id=customer.talk,
            message_id=gate.message_id(customer.talk, incoming.delivery_id),
            safe=safe,
            intent=intent,
            # The platform stands between us and the customer's network, so that each customer is one of their own.
            metadata={NETWORK_KEY: pseudonym(self._of._settings.secret_key, "network", customer.base)},
        )
        return [*lead, *await self._with_dialogues(customer, incoming, answer)]

    async def _with_dialogues(self, customer: _Customer, incoming: Incoming, answer: answering.Answer) -> list[Part]:
        """Return an answer in which what the chat page would offer has become this channel's own dialogue."""
        parts: list[Part] = []
        notice = answer.notice
        for message in answer.messages:
            if message["action"] in _ACTIONS:
                parts += self._dialogues.literal(notice or "")
                command = Command(_ACTIONS[message["action"]], message["language"])
                parts += await self._rights(customer, incoming, command)
            else:
                parts += self._rendered([message], notice)
            notice = None
        return parts

    def _rendered(self, messages: list[JsonMessage], notice: str | None) -> list[Part]:
        parts: list[Part] = []
        for message in messages:
            parts += render(message, self._platform.limits, site=self._of._site, notice=notice)
            notice = None
        return parts

    async def _begin(self, customer: _Customer, language: str, *, consented: bool) -> list[JsonMessage]:
        opening = await self._answering.begin(
            self._app,
            self._on_new_message,
            sender_id=customer.talk,
            language=language,
            notice_version=self._notice.version,
            consented=consented,
        )
        self._of._told.put(customer.talk, self._notice.version)
        return opening

    def _lead(self, customer: _Customer, language: str, told: str | None, *, known: bool) -> list[Part]:
        return self._dialogues.notice(language, told=told is not None, stored=customer.stored, language_known=known)

    async def _offered(self, customer: _Customer) -> list[JsonMessage]:
        """Return the messages of the latest answer that have buttons, latest first."""
        kept = await answering.messages(self._app, customer.talk)
        latest: list[JsonMessage] = []
        for message in reversed(kept):
            if message["from"] == "customer":
                break
            if message["buttons"]:
                latest.append(message)
        return latest

    # ------------------------------------------------------------------------------------------------- consent

    async def _needs_consent(self, customer: _Customer, told: str | None) -> bool:
        if not self._notice.asks_for_consent or not customer.stored:
            return False
        return told != self._notice.version or not await self._store.has_consented(customer.talk)

    async def _may_agree(self, customer: _Customer, told: str | None, version: str | None) -> bool:
        """Tell whether "I agree" is an answer to a question about the notice that is in force."""
        if not await self._needs_consent(customer, told):
            return False
        held = self._held(customer)
        return (version or (held.version if held is not None else None)) == self._notice.version

    def _held(self, customer: _Customer) -> _Held | None:
        held: _Held | None = self._of._held.get(customer.base)
        return held if held is not None and held.until > time.monotonic() else None

    async def _consent(
        self, customer: _Customer, incoming: Incoming, command: Command | None, version: str | None
    ) -> list[Part]:
        language = await self._language(customer, incoming, command)
        held = self._held(customer)
        name = command.name if command is not None else None
        if name not in ("agree", "do_not_store"):
            # A command must not take the place of the question that waits.
            waits = incoming if held is None or command is None else held.incoming
            self._of._held.put(customer.base, _Held(waits, self._notice.version, time.monotonic() + _HELD_SECONDS))
            known = incoming.language is not None or (command is not None and command.language is not None)
            return self._dialogues.consent(language, language_known=known)
        self._of._held.drop(customer.base)
        lead: list[Part] = []
        if name == "do_not_store":
            customer = await self._wish(customer)
            lead = self._dialogues.simple("do_not_store_begun" if held is None else "already_unstored", language)
        else:
            await self._remember(customer)
        waiting = held.incoming if held is not None and _command(held.incoming)[0] is None else None
        if waiting is None:
            await self._begin(customer, language, consented=name == "agree")
            return lead or self._dialogues.simple("consent_given", language)
        if waiting.language is None:
            # The customer chose the language with the words of the answer.
            waiting = dataclasses.replace(waiting, language=language)
        return [*lead, *await self._talk(customer, waiting, None, consented=name == "agree", asked=True)]

    # -------------------------------------------------------------------------------------------- the rights

    async def _rights(self, customer: _Customer, incoming: Incoming, command: Command) -> list[Part]:
        language = await self._language(customer, incoming, command)
        if command.name == "privacy":
            return self._dialogues.privacy(language, stored=customer.stored)
        if command.name == "help":
            return self._dialogues.simple("help", language)
        if command.name == "show":
            tables = await self._store.stored_data(customer.talk)
            return self._dialogues.stored(stored_document(tables, stored=customer.stored), language)
        if command.name == "delete":
            return self._dialogues.delete_question(language)
        if command.name == "keep":
            return self._dialogues.simple("kept", language)
        if command.name == "delete_confirmed":
            return await self._erase(customer, language)
        if not customer.stored:
            return self._dialogues.simple("already_unstored", language)
        if command.name == "do_not_store":
            return self._dialogues.do_not_store_question(language)
        if command.name == "store":
            return self._dialogues.simple("still_stored", language)
        receipt = await self._answering.stop_storing(self._app, customer.base, self._unstored(customer.base))
        await self._wish(customer)
        return self._dialogues.simple("do_not_store_done", language, code=receipt.code)

    async def _erase(self, customer: _Customer, language: str) -> list[Part]:
        receipt = await self._answering.erase(self._app, customer.talk)
        # With the wish not to be stored, if there is one: it is data of the customer as well.
        await asyncio.to_thread(self._addresses.forget, customer.base)
        for recent in (self._of._held, self._of._stored, self._of._told):
            recent.drop(customer.base)
            recent.drop(customer.talk)
        return self._dialogues.simple("deleted", language, code=receipt.code)

    async def _wish(self, customer: _Customer) -> _Customer:
        """Remember that the customer's conversation is not stored; raises what the database raises."""
        await asyncio.to_thread(
            self._addresses.remember,
            customer.base,
            self._platform.name,
            customer.address,
            now=_now(),
            stored=False,
        )
        self._of._stored.put(customer.base, False)
        return dataclasses.replace(customer, talk=self._unstored(customer.base))

    # ------------------------------------------------------------------------------------- what is not taken

    async def _refuse(self, customer: _Customer, incoming: Incoming) -> None:
        language = await self._language(customer, incoming)
        if await self._is_first_of(incoming):
            await self._deliver(customer, self._dialogues.simple(f"refused_{incoming.refused}", language), kept=False)
        if incoming.refused == "group" and isinstance(self._platform, LeavesGroups):
            with contextlib.suppress(DeliveryError):
                await self._platform.leave(self._session, customer.address)

    async def _is_first_of(self, incoming: Incoming) -> bool:
        """Tell whether nothing of the burst was refused before, here or on another server."""
        if incoming.burst is None:
            return True
        digest = self.deliveries.digest(f"{self._platform.name} burst", incoming.burst)
        if self._of._handled.get(digest):
            return False
        self._of._handled.put(digest, True)
        claim = await _tried(lambda: self.deliveries.claim(digest, now=_now()))
        if claim is Claim.OURS:
            await _tried(lambda: self.deliveries.finish(digest))
        return claim in (Claim.OURS, None)

    async def ask_to_wait(self, incoming: Incoming) -> None:
        """Say once in a minute that there is too much; the rest is passed over."""
        base = await self._base(incoming.address)
        latest = self._of._asked_to_wait.get(base)
        if latest is not None and time.monotonic() - latest < 60:
            return
        self._of._asked_to_wait.put(base, time.monotonic())
        customer = await self._customer(base, incoming.address)
        language = await self._language(customer, incoming)
        await self._deliver(customer, self._dialogues.simple("too_many", language), kept=False)

    # -------------------------------------------------------------------------------------------- delivering

    async def _show_typing(self, customer: _Customer) -> None:
        if isinstance(self._platform, ShowsTyping):
            with contextlib.suppress(DeliveryError):
                await self._platform.typing(self._session, customer.address)

    async def _deliver(self, customer: _Customer, parts: list[Part], *, kept: bool = True) -> None:
        try:
            await deliver(self._platform, self._session, customer.address, parts)
        except GoneError:
            await _tried(lambda: self._addresses.forget(customer.base))
        except DeliveryError:
            return  # told in the log already


def _command(incoming: Incoming) -> tuple[Command | None, str | None]:
    """Return the command that a message or a button is, and the version of the notice that a consent was given to."""
    if incoming.choice is not None:
        if not incoming.choice.startswith(COMMAND_SIGN):
            return None, None
        name, _, version = incoming.choice[1:].partition(":")
        # The words on the button tell the language; a button whose words are not known leaves it as it is.
        shown = command_in(incoming.text or "")
        return Command(name, shown.language if shown is not None else None), version or None
    return (command_in(incoming.text), None) if incoming.text else (None, None)


def _may_mean_a_button(incoming: Incoming) -> bool:
    if incoming.choice is not None:
        return not incoming.choice.startswith("=")
    return _NUMBER.fullmatch(incoming.text or "") is not None


def _meant(incoming: Incoming, offered: list[JsonMessage], platform: Platform) -> tuple[str, str | None] | None:
    """Return the text that a message or a button means and the intent that it names, or None for an old button.

    offered: the messages of the latest answer that have buttons, latest first.
    """
    if incoming.choice is None:
        words = incoming.text or ""
        number = _NUMBER.fullmatch(words)
        if number is None or not offered or not is_numbered(offered[0], platform.limits):
            return words, None
        titles = [str(button["title"]).strip() for button in offered[0]["buttons"]]
        if words.strip() in titles:
            index = titles.index(words.strip()) + 1
        else:
            index = int(number.group(1))
        if not 1 <= index <= len(titles):
            return words, None
        return _pressed(offered[0]["buttons"][index - 1])
    for message in offered:
        for button in message["buttons"]:
            if choice_of(button, platform.limits) == incoming.choice:
                return _pressed(button)
    if incoming.choice.startswith("="):
        return incoming.choice[1:], None
    intent = _INTENT.fullmatch(incoming.choice)
    if intent is None:
        return None
    return incoming.text or say("pressed", incoming.language), intent.group(1)


def _pressed(button: dict[str, Any]) -> tuple[str, str | None]:
    payload = button["payload"]
    intent = _INTENT.fullmatch(payload) if payload is not None else None
    return str(button["title"]), intent.group(1) if intent is not None else None


async def _tried(work: Callable[[], _Answer]) -> _Answer | None:
    """Do something in the database; None when it is away, because the customer is to be answered all the same."""
    try:
        return await asyncio.to_thread(work)
    except SQLAlchemyError as error:
        # Only the kind: the text may quote what was to be written.
        logger.error("The database could not be asked for a messaging channel (%s).", type(error).__name__)
        return None


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
