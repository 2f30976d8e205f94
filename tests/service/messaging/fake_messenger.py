"""A local stand-in for Meta's Graph API, and customers who write to the page on Messenger."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import time
import uuid
from typing import Any

from tests.service.messaging.platforms import Call, FakePlatform
from tests.service.product import Answer, request

WEBHOOK = "/webhooks/messenger/webhook"
ACTIONS = ("mark_seen", "typing_on", "typing_off")


class FakeMessenger(FakePlatform):
    """The Send API, with the checks of its documentation; anything else, such as a profile, is refused."""

    app_secret = "ffeeddccbbaa99887766554433221100"  # noqa: S105
    verify_token = "meatyhamhock"  # noqa: S105
    page_token = "EAAGm0PX4ZCpsBAkanarialintu"  # noqa: S105

    def environment(self) -> dict[str, str]:
        """Return the settings with which the product uses this server."""
        return {
            "LUOTSI_MESSENGER_APP_SECRET": self.app_secret,
            "LUOTSI_MESSENGER_VERIFY_TOKEN": self.verify_token,
            "LUOTSI_MESSENGER_PAGE_TOKEN": self.page_token,
            "LUOTSI_MESSENGER_API": self.address,
        }

    def refusal(self, call: Call) -> tuple[int, str] | None:
        """Check a call."""
        version, _, rest = call.path.lstrip("/").partition("/")
        if call.method != "POST" or not version.startswith("v") or rest != "me/messages":
            return 404, f"nothing but messages is asked for: {call.method} {call.path}"
        if call.headers.get("authorization") != f"Bearer {self.page_token}":
            return 401, "wrong token"
        if call.headers.get("content-type") != "application/json":
            return 400, "no JSON"
        sent = call.json
        if not isinstance(sent.get("recipient", {}).get("id"), str):
            return 400, "no recipient"
        if "sender_action" in sent:
            fits = set(sent) == {"recipient", "sender_action"} and sent["sender_action"] in ACTIONS
            return None if fits else (400, "no such action")
        if set(sent) != {"recipient", "messaging_type", "message"} or sent["messaging_type"] != "RESPONSE":
            return 400, "other fields than expected"
        return _unfit(sent["message"])

    def usual(self, call: Call) -> dict[str, Any]:
        """Answer as the Send API does."""
        return {"recipient_id": call.json["recipient"]["id"], "message_id": f"m_{uuid.uuid4().hex}"}

    def is_message(self, call: Call) -> bool:
        """Tell whether it is a message, not a sender action."""
        return call.path.endswith("/messages") and "message" in call.json

    def sent_to(self, customer: str) -> list[dict[str, Any]]:
        """Return the messages that a customer got."""
        return [call["message"] for call in self._calls_to(customer) if "message" in call]

    def actions_for(self, customer: str) -> list[str]:
        """Return what else a customer saw."""
        return [call["sender_action"] for call in self._calls_to(customer) if "sender_action" in call]

    def _calls_to(self, customer: str) -> list[dict[str, Any]]:
        with self._changed:
            return [call.json for call in self.calls if call.json["recipient"]["id"] == customer]


def _unfit(message: dict[str, Any]) -> tuple[int, str] | None:
    if not set(message) <= {"text", "quick_replies"} or not 1 <= len(message["text"].encode("utf-16-le")) // 2 <= 2_000:
        return 400, "no text, or too long a one"
    replies = message.get("quick_replies", [None])
    if not 1 <= len(replies) <= 13:
        return 400, "too many quick replies"
    for reply in replies if "quick_replies" in message else []:
        if set(reply) != {"content_type", "title", "payload"} or reply["content_type"] != "text":
            return 400, "no such quick reply"
        if not 1 <= len(reply["title"]) <= 20 or not 1 <= len(reply["payload"].encode()) <= 1_000:
            return 400, "a quick reply is too long"
    return None


def titles(message: dict[str, Any]) -> list[str]:
    """Return the titles of the quick replies below a message."""
    return [reply["title"] for reply in message.get("quick_replies", [])]


class MessengerCustomer:
    """Somebody who writes to the page: sends the requests that Meta would send."""

    _ids = itertools.count(6_543_219_876_543_210)

    def __init__(self, product_address: str, meta: FakeMessenger) -> None:
        self.id = str(next(self._ids))
        self.mids: list[str] = []
        self._meta = meta
        self._webhook = f"{product_address}{WEBHOOK}"
        self._seen = 0

    def event(self, **content: Any) -> dict[str, Any]:
        """Return an event of this customer."""
        moment = int(time.time() * 1000)
        return {"sender": {"id": self.id}, "recipient": {"id": "682498302938465"}, "timestamp": moment, **content}

    def message(self, **content: Any) -> dict[str, Any]:
        """Return the event of a new message."""
        self.mids.append(f"m_{uuid.uuid4().hex}")
        return self.event(message={"mid": self.mids[-1], **content})

    def attachment(self, kind: str, *, caption: str | None = None, **payload: Any) -> dict[str, Any]:
        """Return a message with an attachment, which is on the stand-in: whoever fetches it is noticed there."""
        whole = {"type": kind, "payload": {"url": f"{self._meta.address}/v/attachment", **payload}}
        return self.message(attachments=[whole], **({"text": caption} if caption else {}))

    def deliver(
        self, *events: dict[str, Any], shown: str | None = None, entries: list[dict[str, Any]] | None = None
    ) -> Answer:
        """Send a request as Meta does; `shown` is a signature in place of the right one, "" for none."""
        moment = int(time.time() * 1000)
        entry = {"id": "682498302938465", "time": moment, "messaging": list(events)}
        body = json.dumps({"object": "page", "entry": entries if entries is not None else [entry]}).encode()
        digest = hmac.new(self._meta.app_secret.encode(), body, hashlib.sha256).hexdigest()
        signed = f"sha256={digest}" if shown is None else shown
        return request("POST", self._webhook, body, headers={"X-Hub-Signature-256": signed} if signed else {})

    def send(self, *events: dict[str, Any]) -> list[dict[str, Any]]:
        """Deliver events and return the messages that were sent for them."""
        answer = self.deliver(*events)
        assert answer.status == 200, answer.status
        return self.received()

    def say(self, text: str) -> list[dict[str, Any]]:
        """Write a message and return what was answered."""
        return self.send(self.message(text=text))

    def press(self, title: str) -> list[dict[str, Any]]:
        """Press a quick reply of the latest message that has it and return what was answered."""
        for message in reversed(self._meta.sent_to(self.id)):
            for reply in message.get("quick_replies", []):
                if reply["title"] == title:
                    return self.send(self.message(text=title, quick_reply={"payload": reply["payload"]}))
        raise AssertionError(f"there is no quick reply {title!r}")

    def received(self) -> list[dict[str, Any]]:
        """Return the messages that came since the last time."""
        messages = self._meta.sent_to(self.id)
        new, self._seen = messages[self._seen :], len(messages)
        return new
