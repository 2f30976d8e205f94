"""Making conversations up: events in the very shape that the running service stores, the same for the same seed."""

from __future__ import annotations

import dataclasses
import datetime
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from components.content.catalogue import Catalogue, CatalogueEntry
from components.content.names import AGENCIES, is_topic

CHANNEL = "demo"
LANGUAGES = ("fi", "en")
MESSAGES = Path(__file__).with_name("messages.yml")

_FINLAND = ZoneInfo("Europe/Helsinki")
_RANKED = 10
# Conversations by hour (Finland), Monday to Friday; weekends have a third of that.
_HOURS = (1, 1, 0, 0, 0, 1, 3, 7, 14, 18, 19, 18, 15, 17, 17, 14, 11, 8, 8, 9, 9, 7, 4, 2)
_LENGTHS = (18, 24, 20, 14, 9, 6, 4, 3, 1, 1)
_FINNISH = 0.62
_RATED = 0.22
_OTHER_AGENCY = 0.03

Event = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Made:
    """A conversation that was made up: its events with their times (UTC) and whether they end a turn, and ratings.

    ratings: of (time of the rated message, rating, comment).
    """

    sender_id: str
    language: str
    started_at: datetime.datetime
    events: list[tuple[datetime.datetime, Event]]
    ratings: list[tuple[datetime.datetime, str, str | None]]


class Maker:
    """Makes conversations up, one after the other; the same seed makes the same ones for the same last day."""

    def __init__(
        self, catalogue: Catalogue, responses: Mapping[str, Sequence[Mapping[str, Any]]], *, seed: int
    ) -> None:
        """Take the topics, the domain's responses and a seed."""
        self._catalogue = catalogue
        self._responses = responses
        self._dice = random.Random(seed)  # noqa: S311 - made-up conversations keep no secret
        self._said = yaml.safe_load(MESSAGES.read_text(encoding="utf-8"))
        self._topics = self._dice.sample(sorted(catalogue), len(catalogue))
        # A few topics make up most of what is asked.
        self._weights = [1 / (place + 3) for place in range(len(self._topics))]
        self._model = f"{self._dice.getrandbits(128):032x}"

    def make(self, *, last: datetime.date, days: int) -> Made:
        """Return a conversation on one of the `days` days that end with `last` (days in Finland)."""
        language = "fi" if self._dice.random() < _FINNISH else "en"
        started_at = self._moment(last, days)
        talk = _Talk(self, language, started_at, f"{self._dice.getrandbits(128):032x}")
        talk.open()
        if self._dice.random() < 0.2:
            talk.small_talk("greet")
        for _ in range(self._dice.choices(range(1, len(_LENGTHS) + 1), _LENGTHS)[0]):
            talk.turn()
        if self._dice.random() < 0.15:
            talk.small_talk("thanks")
        return talk.made()

    def _moment(self, last: datetime.date, days: int) -> datetime.datetime:
        every = [last - datetime.timedelta(days=number) for number in range(days)]
        day = self._dice.choices(every, [1 if each.weekday() < 5 else 0.35 for each in every])[0]
        hour = self._dice.choices(range(24), _HOURS)[0]
        clock = datetime.time(hour, self._dice.randrange(60), self._dice.randrange(60), self._dice.randrange(10**6))
        return datetime.datetime.combine(day, clock, tzinfo=_FINLAND).astimezone(datetime.timezone.utc)


class _Talk:
    """A conversation that is being made up."""

    def __init__(self, maker: Maker, language: str, started_at: datetime.datetime, sender_id: str) -> None:
        self._maker = maker
        self._dice = maker._dice
        self._language = language
        self._started_at = self._now = started_at
        self._sender_id = sender_id
        self._agency = self._dice.choice(AGENCIES)
        self._events: list[tuple[datetime.datetime, Event]] = []
        self._ratings: list[tuple[datetime.datetime, str, str | None]] = []
        self._buttons: list[dict[str, str]] = []

    def made(self) -> Made:
        """Return what has come about."""
        return Made(self._sender_id, self._language, self._started_at, self._events, self._ratings)

    def open(self) -> None:
        """Begin as the chat page does."""
        told = {"consented": False}
        self._add({"event": "slot", "name": "session_started_metadata", "value": told})
        self._act("action_session_start", None)
        self._add({"event": "session_started"})
        self._add({"event": "slot", "name": "session_started_metadata", "value": told})
        self._act("action_listen", None, confidence=None)
        text = json.dumps({"language": self._language})
        self._hear(f"/opening{text}", {"name": "opening", "confidence": 1.0}, metadata=told, ranking=[])
        self._answer("utter_opening")

    def turn(self) -> None:
        """Ask something, in one of the ways that customers have."""
        way = self._dice.choices(
            ("topic", "pressed", "confused", "unknown", "personal", "special", "person"), (56, 14, 7, 10, 7, 3, 3)
        )[0]
        offered = [button for button in self._buttons if is_topic(button["payload"][1:])]
        if way == "pressed" and offered:
            self._press(self._dice.choice(offered))
        elif way == "unknown":
            self._not_understood(self._choice("unknown"), self._dice.choice(("nlu_fallback", "out_of_scope")))
        elif way == "personal":
            said = self._choice("personal")
            self._small(said["text"], said["intent"], masked=said["masked"])
        elif way == "special":
            self._special(self._choice("special"))
        elif way == "person":
            self.small_talk("ask_for_person")
        else:
            self._ask(confused=way == "confused")

    def small_talk(self, intent: str) -> None:
        """Say something of an intent that is no topic."""
        self._small(self._choice(intent), intent)

    def _ask(self, *, confused: bool) -> None:
        """Ask about a topic; `confused`: it is taken for another one."""
        maker = self._maker
        other = self._dice.random() < _OTHER_AGENCY
        weights = [
            weight if name.startswith(self._agency) != other else 0
            for name, weight in zip(maker._topics, maker._weights, strict=True)
        ]
        asked = maker._catalogue[self._dice.choices(maker._topics, weights)[0]]
        understood = self._mistaken_for(asked) if confused else asked
        confidence = self._dice.uniform(0.35, 0.7) if confused else self._dice.betavariate(9, 1.2)
        second = asked.name if confused else self._mistaken_for(asked).name
        text = self._dice.choice(asked.examples(self._language))
        self._hear_question(text, understood.name, confidence, second)
        self._tell(understood)
        self._maybe_rate(good=0.15 if confused else 0.8)

    def _press(self, button: dict[str, str]) -> None:
        intent = button["payload"][1:]
        self._wait(4, 40)
        told = {"name": intent, "confidence": 1.0}
        self._hear(f"/{intent}", told, metadata={"shown": button["title"], "masked": []}, ranking=[])
        self._tell(self._maker._catalogue[intent])
        self._maybe_rate(good=0.8)

    def _special(self, said: dict[str, Any]) -> None:
        if said["intent"] == "out_of_scope":
            self._not_understood(said["text"], "out_of_scope")
            return
        names = [name for name in self._maker._topics if name.startswith(said["intent"])]
        topic = self._maker._catalogue[self._dice.choice(names[:8])]
        self._hear_question(said["text"], topic.name, self._dice.uniform(0.5, 0.9), self._mistaken_for(topic).name)
        self._tell(topic)

    def _not_understood(self, text: str, intent: str) -> None:
        second, third = self._dice.sample(self._maker._topics, 2)
        confidence = self._dice.uniform(0.12, 0.38)
        self._hear_question(text, intent, confidence, third, ranked_first=second)
        said = "utter_out_of_scope" if intent == "out_of_scope" else "utter_please_rephrase"
        self._answer(said, action="action_offer_topics", policy="RulePolicy")
        self._maybe_rate(good=0.05)

    def _small(self, text: str, intent: str, *, masked: Sequence[str] = ()) -> None:
        self._hear_question(text, intent, self._dice.betavariate(20, 1), self._maker._topics[0], masked=masked)
        if intent == "ask_for_person":
            self._answer("utter_human_contact", action="action_human_contact", policy="RulePolicy")
        else:
            self._answer(f"utter_{intent}")

    def _mistaken_for(self, entry: CatalogueEntry) -> CatalogueEntry:
        near = [name for name in self._maker._topics if name != entry.name and name.startswith(f"{entry.agency}_")]
        return self._maker._catalogue[self._dice.choice(near)]

    def _hear_question(
        self,
        text: str,
        intent: str,
        confidence: float,
        second: str,
        *,
        ranked_first: str | None = None,
        masked: Sequence[str] = (),
    ) -> None:
        self._wait(8, 95)
        rest = confidence
        ranking = [{"name": ranked_first or intent, "confidence": confidence}]
        others = [
            name
            for name in self._dice.sample(self._maker._topics, _RANKED)
            if name not in (intent, ranked_first, second)
        ]
        for name in [second, *others][: _RANKED - 1]:
            rest = min(rest, 1 - confidence) * self._dice.uniform(0.3, 0.8)
            ranking.append({"name": name, "confidence": rest})
        told = {"name": intent, "confidence": confidence}
        self._hear(text, told, metadata={"masked": list(masked)}, ranking=ranking)

    def _hear(
        self, text: str, intent: dict[str, Any], *, metadata: dict[str, Any], ranking: list[dict[str, Any]]
    ) -> None:
        message_id = f"{self._dice.getrandbits(128):032x}"
        typed = not text.startswith("/")
        found = {"entity": "language", "value": self._language, "start": 0, "end": len(text)}
        parsed: dict[str, Any] = {
            "intent": intent,
            "entities": [{**found, "extractor": "LanguageIdentifier" if typed else "RegexMessageHandler"}],
            "text": text,
            "message_id": message_id,
            "metadata": metadata,
        }
        if typed:
            parsed |= {"masked_labels": [], "language": self._language}
        parsed["intent_ranking"] = ranking or [intent]
        own = {"input_channel": CHANNEL, "message_id": message_id}
        self._add({"event": "user", "text": text, "parse_data": parsed, **own}, metadata=metadata)
        self._add({"event": "slot", "name": "language", "value": self._language})
        self._add({"event": "user_featurization", "use_text_for_featurization": False})

    def _tell(self, entry: CatalogueEntry) -> None:
        """Answer a topic, as components.content.importer puts it into the domain."""
        topic, language = entry.topic, self._language
        pages = {
            name: [
                dict(zip(("title", "url", "language"), page.in_language(language), strict=True))
                for page in getattr(topic, name)
            ]
            for name in ("links", "sources")
        }
        told = {
            "topic": entry.name,
            "title": entry.title(language),
            **pages,
            "reviewed": topic.reviewed.isoformat(),
            "volatile": topic.volatile,
        }
        catalogue = self._maker._catalogue
        buttons = [{"title": catalogue[name].title(language), "payload": f"/{name}"} for name in topic.follow_up]
        self._say(f"utter_{entry.name}", entry.answer(language), buttons, {"language": language, "answer": told})

    def _answer(self, response: str, *, action: str | None = None, policy: str = "AnswerPolicy") -> None:
        """Say a response of the domain."""
        variations = self._maker._responses[response]
        own = next(one for one in variations if self._language in (c["value"] for c in one.get("condition", ())))
        buttons = [dict(button) for button in own.get("buttons") or ()]
        self._say(response, own["text"], buttons, {"language": self._language}, action=action, policy=policy)

    def _say(
        self,
        response: str,
        text: str,
        buttons: list[dict[str, str]],
        metadata: dict[str, Any],
        *,
        action: str | None = None,
        policy: str = "AnswerPolicy",
    ) -> None:
        self._act(action or response, policy)
        shown = {"elements": None, "quick_replies": None, "buttons": buttons or None}
        about = {
            "condition": [{"type": "slot", "name": "language", "value": self._language}],
            "metadata": metadata,
            "utter_action": response,
        }
        data = {**shown, "attachment": None, "image": None, "custom": None}
        self._add({"event": "bot", "text": text, "data": data}, metadata=about)
        self._act("action_listen", policy)
        self._buttons = buttons

    def _maybe_rate(self, *, good: float) -> None:
        if self._dice.random() >= _RATED:
            return
        answered = next(at for at, event in reversed(self._events) if event["event"] == "bot")
        if self._dice.random() < good:
            self._ratings.append((answered, "helpful", None))
        else:
            comment = self._choice("comment") if self._dice.random() < 0.5 else None
            self._ratings.append((answered, "not_helpful", comment))

    def _act(self, name: str, policy: str | None, *, confidence: float | None = 1.0) -> None:
        told = {"name": name, "policy": policy, "confidence": confidence}
        self._add({"event": "action", **told, "action_text": None, "hide_rule_turn": False})

    def _add(self, event: Event, *, metadata: Mapping[str, Any] | None = None) -> None:
        self._now += datetime.timedelta(milliseconds=self._dice.randrange(1, 30))
        about = {**(metadata or {}), "model_id": self._maker._model, "assistant_id": "luotsi"}
        kind = event.pop("event")
        self._events.append(
            (self._now, {"event": kind, "timestamp": self._now.timestamp(), "metadata": about, **event})
        )

    def _wait(self, shortest: int, longest: int) -> None:
        self._now += datetime.timedelta(seconds=self._dice.uniform(shortest, longest))

    def _choice(self, name: str) -> Any:
        return self._dice.choice(self._maker._said[name][self._language])
