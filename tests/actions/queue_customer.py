"""A customer who asks for the queue position: gate 1, the form and its result as they work together in the service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import DomainDict, Event, variation
from actions.queue import CASE, QueueForm, QueueResult
from components.channels.gate import make_safe
from components.privacy.conversation import ConversationMemory
from components.privacy.pseudonyms import NETWORK_KEY, network_pseudonym

KEY = b"0123456789abcdef0123456789abcdef"
FORM, RESULT = QueueForm(), QueueResult()


class QueueCustomer:
    """One conversation; Rasa's part (slots, asking for what is requested, following the form up) is played here."""

    def __init__(
        self, domain: DomainDict, *, language: str = "fi", sender_id: str = "5f0e" * 8, address: str = "192.0.2.7"
    ) -> None:
        self.domain = domain
        self.sender_id = sender_id
        self.network = network_pseudonym(KEY, address)
        self.slots: dict[str, Any] = {"language": language, "requested_slot": None}
        self.events: list[Event] = []
        self.said: list[str] = []
        self._memory = ConversationMemory()
        self._running = False

    @property
    def language(self) -> str:
        return str(self.slots["language"])

    @property
    def asked_for(self) -> str | None:
        """The slot that the form asks for."""
        slot = self.slots["requested_slot"]
        return str(slot) if slot else None

    def starts(self) -> list[str]:
        """Press the button; return the names of the responses."""
        return self._hears("/start_queue", "start_queue", {})

    def types(self, raw: str, intent: str = "nlu_fallback") -> list[str]:
        """Type something; return the names of the responses, empty when the form leaves the message to others."""
        safe = make_safe(raw, self._memory, asked_for=self._asks_for())
        metadata = {"masked": list(safe.labels), **({"derived": safe.derived} if safe.derived else {})}
        return self._hears(safe.text, intent, metadata)

    def is_answered_elsewhere(self, response: str) -> list[str]:
        """Let another policy answer the latest message; return what the form says when it goes on."""
        self._say(response, {})
        return self._run()

    def tracker(self) -> Tracker:
        """What the action server is sent."""
        user = next((event for event in reversed(self.events) if event["event"] == "user"), {})
        loop = {"name": "queue_form"} if self._running else {}
        return Tracker(
            self.sender_id, self.slots, user.get("parse_data", {}), self.events, False, None, loop, "action_listen"
        )

    def _asks_for(self) -> str | None:
        for event in reversed(self.events):
            if event["event"] == "user":
                return None
            if event["event"] == "bot" and event["asks_for"]:
                return str(event["asks_for"])
        return None

    def _hears(self, text: str, intent: str, metadata: dict[str, Any]) -> list[str]:
        metadata = {**metadata, NETWORK_KEY: self.network}
        data = {"text": text, "intent": {"name": intent, "confidence": 0.9}, "metadata": metadata}
        self.events.append({"event": "user", "text": text, "parse_data": data, "metadata": metadata})
        return self._run()

    def _run(self) -> list[str]:
        if not self._running:
            self._running = True
            self.events.append({"event": "active_loop", "name": "queue_form"})
        dispatcher = CollectingDispatcher()
        changes = FORM.run(dispatcher, self.tracker(), self.domain)
        said = self._apply(changes, dispatcher.messages)
        if not changes:
            return said
        if self.asked_for:
            return said + self._say(f"utter_ask_queue_form_{self.asked_for}", {})
        self._running = False
        self.events.append({"event": "active_loop", "name": None})
        dispatcher = CollectingDispatcher()
        return said + self._apply(RESULT.run(dispatcher, self.tracker(), self.domain), dispatcher.messages)

    def _apply(self, changes: Iterable[dict[str, Any]], messages: Iterable[dict[str, Any]]) -> list[str]:
        said: list[str] = []
        for message in messages:
            said += self._say(message["response"], message)
        for change in changes:
            self.slots[change["name"]] = change["value"]
            self.events.append({"event": "slot", "name": change["name"], "value": change["value"]})
        return said

    def _say(self, response: str, values: dict[str, Any]) -> list[str]:
        chosen = variation(self.domain, response, self.language)
        assert chosen is not None, response
        text = str(chosen["text"])
        self.said.append(text.format(**values) if response.startswith("utter_queue_result") else text)
        asks_for = (chosen.get("metadata") or {}).get("asks_for")
        self.events.append(
            {
                "event": "bot",
                "text": self.said[-1],
                "asks_for": asks_for,
                "data": {"buttons": chosen.get("buttons") or []},
                "metadata": {"utter_action": response},
            }
        )
        return [response]


def asked_for_number(domain: DomainDict, application: str = "Kansalaisuus", **options: Any) -> QueueCustomer:
    """A customer who was asked for the diary number."""
    customer = QueueCustomer(domain, **options)
    customer.starts()
    customer.types(application)
    assert customer.asked_for == CASE
    return customer
