"""A customer in a service: Rasa's own form machinery, the actions and gate 1 together, without a server or a model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from typing import Any
from unittest import mock

from rasa.core.actions.action import RemoteAction
from rasa.core.actions.forms import FormAction
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    Event,
    LoopInterrupted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from components.channels.gate import make_safe
from components.privacy.conversation import ConversationMemory


class ActionServer:
    """Stands in for the endpoint of the action server and runs the actions in this process."""

    def __init__(self, actions: Iterable[Action]) -> None:
        self._actions = {action.name(): action for action in actions}
        self.kwargs: dict[str, Any] = {}

    async def request(self, json: dict[str, Any], **options: Any) -> dict[str, Any]:
        """Answer one call as the action server does."""
        dispatcher = CollectingDispatcher()
        action = self._actions[json["next_action"]]
        events = action.run(dispatcher, Tracker.from_dict(_as_sent(json["tracker"])), json["domain"])
        answer: dict[str, Any] = _as_sent({"events": events, "responses": dispatcher.messages})
        return answer


def _as_sent(body: dict[str, Any]) -> dict[str, Any]:
    sent: dict[str, Any] = json.loads(json.dumps(body))
    return sent


class Customer:
    """One conversation; the steps that Rasa's policies would choose are the methods."""

    def __init__(self, domain: Domain, actions: Sequence[Action], service: str, language: str) -> None:
        self.domain = domain
        self.service = service
        self.tracker = DialogueStateTracker.from_events("customer", [], slots=domain.slots)
        self.said: list[BotUttered] = []
        self._memory = ConversationMemory()
        self._endpoint = ActionServer(actions)
        self._nlg = TemplatedNaturalLanguageGenerator(domain.responses)
        self.speaks(language)

    def speaks(self, language: str) -> None:
        """Change the language, as the pipeline does."""
        self._apply([SlotSet("language", language)])

    def starts(self) -> list[str]:
        """Press the service's button; return the names of the responses."""
        return self.presses(f"start_{self.service}")

    def presses(self, intent: str) -> list[str]:
        """Press a button with an intent; return the names of the responses, none when the form leaves it to others."""
        return self._hears(f"/{intent}", intent)

    def asks(self, text: str, response: str, *, intent: str = "customs_gift") -> None:
        """Ask something outside of the form and get an answer."""
        self._user(text, intent)
        self._say(response)

    def types(self, raw: str, intent: str = "nlu_fallback") -> list[str]:
        """Type something; return the names of the responses, none when the form leaves it to others."""
        safe = make_safe(raw, self._memory)
        return self._hears(safe.text, intent, safe.derived)

    def is_answered(self, response: str) -> list[str]:
        """Let another policy answer what the form left to others; return what the form says then."""
        self._apply([LoopInterrupted(True), ActionExecuted(response)])
        self._say(response)
        said = self._runs_form()
        self._apply([LoopInterrupted(False)])
        return said

    def leaves(self) -> None:
        """Close the form from outside, as starting over does."""
        self._apply([ActiveLoop(None), SlotSet("requested_slot", None)])

    @property
    def is_running(self) -> bool:
        """Whether the form goes on."""
        return self.tracker.active_loop is not None

    @property
    def asked_for(self) -> str | None:
        """The slot that is asked for, without the service's name."""
        slot = self.tracker.get_slot("requested_slot")
        return str(slot).removeprefix(f"{self.service}_") if slot else None

    @property
    def answers(self) -> dict[str, Any]:
        """The answers, by slot without the service's name."""
        prefix = f"{self.service}_"
        slots = self.tracker.current_slot_values()
        return {name.removeprefix(prefix): value for name, value in slots.items() if name.startswith(prefix) and value}

    @property
    def text(self) -> str:
        """Everything that was said in answer to the latest message."""
        return "\n\n".join(str(message.text) for message in self.said)

    @property
    def buttons(self) -> list[dict[str, str]]:
        """The buttons of the latest message."""
        return list((self.said[-1].data or {}).get("buttons") or [])

    def _hears(self, text: str, intent: str, derived: dict[str, Any] | None = None) -> list[str]:
        self._user(text, intent, derived)
        self.said = []
        return self._runs_form()

    def _user(self, text: str, intent: str, derived: dict[str, Any] | None = None) -> None:
        metadata = {"derived": derived} if derived else {}
        data = {"text": text, "intent": {"name": intent, "confidence": 0.9}, "entities": [], "metadata": metadata}
        user = UserUttered(text, data["intent"], [], data, metadata=metadata)
        self._apply([ActionExecuted("action_listen"), user])

    def _runs_form(self) -> list[str]:
        form = FormAction(f"{self.service}_form", self._endpoint)
        try:
            self._runs(form)
        except RasaException as rejection:
            assert type(rejection).__name__ == "ActionExecutionRejection", rejection
            self._apply([ActionExecutionRejected(form.name())])
            return []
        if not self.is_running:
            self._runs(RemoteAction(f"action_{self.service}_result", self._endpoint))
        return [str(message.metadata["utter_action"]) for message in self.said]

    def _runs(self, action: FormAction | RemoteAction) -> None:
        # Comparing every answer with its JSON schema takes ten times as long as all the rest.
        with mock.patch.object(RemoteAction, "_validate_action_result"):
            events = asyncio.run(action.run(CollectingOutputChannel(), self._nlg, self.tracker, self.domain))
        self._apply([ActionExecuted(action.name()), *events])
        self.said += [event for event in events if isinstance(event, BotUttered)]

    def _say(self, response: str) -> None:
        draft = asyncio.run(self._nlg.generate(response, self.tracker, "collector")) or {}
        buttons = {"buttons": draft.get("buttons")}
        metadata = {"utter_action": response, "metadata": draft.get("metadata")}
        self._apply([BotUttered(draft.get("text"), buttons, metadata)])

    def _apply(self, events: Iterable[Event]) -> None:
        self.tracker.update_with_events(list(events), self.domain)
