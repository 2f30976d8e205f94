"""A local stand-in for Twilio, and customers who write to the service's number on WhatsApp."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import urllib.parse
import uuid
from typing import Any

from tests.service.messaging.conftest import PUBLIC_URL
from tests.service.messaging.platforms import Call, FakePlatform
from tests.service.product import Answer, request

WEBHOOK = "/webhooks/whatsapp/webhook"
MAX_UNITS = 1_600


class FakeTwilio(FakePlatform):
    """The Messages resource, with the checks of its documentation; anything else, such as media, is refused."""

    account = "AC0f0e0d0c0b0a09080706050403020100"
    token = "00112233445566778899aabbccddeeff"  # noqa: S105
    number = "+358401234567"

    def environment(self) -> dict[str, str]:
        """Return the settings with which the product uses this server."""
        return {
            "LUOTSI_TWILIO_ACCOUNT": self.account,
            "LUOTSI_TWILIO_TOKEN": self.token,
            "LUOTSI_WHATSAPP_NUMBER": self.number,
            "LUOTSI_TWILIO_API": self.address,
        }

    def refusal(self, call: Call) -> tuple[int, str] | None:
        """Check a call."""
        if (call.method, call.path) != ("POST", f"/2010-04-01/Accounts/{self.account}/Messages.json"):
            return 404, f"nothing but messages is asked for: {call.method} {call.path}"
        credentials = base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {credentials}":
            return 401, "wrong credentials"
        if call.headers.get("content-type") != "application/x-www-form-urlencoded":
            return 400, "no form"
        form = call.form
        if set(form) != {"From", "To", "Body"} or form["From"] != f"whatsapp:{self.number}":
            return 400, "other fields than expected"
        if not form["To"].startswith("whatsapp:+"):
            return 400, "no address on WhatsApp"
        if not 1 <= len(form["Body"].encode("utf-16-le")) // 2 <= MAX_UNITS:
            return 400, "empty or too long"
        return None

    def usual(self, call: Call) -> dict[str, Any]:
        """Answer as the Messages resource does."""
        return {"sid": f"SM{uuid.uuid4().hex}", "status": "queued", "error_code": None}

    def is_message(self, call: Call) -> bool:
        """Tell whether it is a message."""
        return call.path.endswith("/Messages.json")

    def sent_to(self, number: str) -> list[str]:
        """Return the texts that a number got."""
        with self._changed:
            return [call.form["Body"] for call in self.calls if call.form["To"] == f"whatsapp:{number}"]


def signature(url: str, fields: list[tuple[str, str]], token: str) -> str:
    """Return Twilio's signature of a request (its page "Webhooks security")."""
    text = url
    for name in sorted({name for name, _ in fields}):
        for value in sorted({value for other, value in fields if other == name}):
            text += name + value
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


class WhatsAppCustomer:
    """Somebody who writes to the number: sends the requests that Twilio would send."""

    _numbers = itertools.count(1_285)

    def __init__(self, product_address: str, twilio: FakeTwilio, *, profile: str = "Aleksi Kanarialainen") -> None:
        self.number = f"+35845739{next(self._numbers):04d}"
        self.profile = profile
        self.sids: list[str] = []
        self._twilio = twilio
        self._webhook = f"{product_address}{WEBHOOK}"
        self._seen = 0

    def fields(self, **changes: str | None) -> dict[str, str]:
        """Return the fields of a new text message with changes (None removes a field)."""
        sid = f"SM{uuid.uuid4().hex}"
        self.sids.append(sid)
        usual = {
            "SmsMessageSid": sid,
            "NumMedia": "0",
            "ProfileName": self.profile,
            "MessageType": "text",
            "SmsSid": sid,
            "WaId": self.number.lstrip("+"),
            "SmsStatus": "received",
            "Body": "hei",
            "To": f"whatsapp:{self._twilio.number}",
            "NumSegments": "1",
            "ReferralNumMedia": "0",
            "MessageSid": sid,
            "AccountSid": self._twilio.account,
            "ChannelMetadata": f'{{"type":"whatsapp","data":{{"context":{{"ProfileName":"{self.profile}"}}}}}}',
            "From": f"whatsapp:{self.number}",
            "ApiVersion": "2010-04-01",
        }
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def media(self, content_type: str, *, message_type: str, caption: str = "") -> dict[str, str]:
        """Return the fields of a message with a file, which is on the stand-in: whoever fetches it is noticed there."""
        address = f"{self._twilio.address}/2010-04-01/Accounts/{self._twilio.account}/Messages/MM1/Media/ME1"
        return self.fields(
            MessageType=message_type, NumMedia="1", MediaContentType0=content_type, MediaUrl0=address, Body=caption
        )

    def deliver(
        self, fields: dict[str, str], *, shown: str | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Send a request as Twilio does; `shown` is a signature in place of the right one, "" for none."""
        signed = signature(f"{PUBLIC_URL}{WEBHOOK}", list(fields.items()), self._twilio.token)
        own = {"X-Twilio-Signature": signed if shown is None else shown} if shown != "" else {}
        return request(
            "POST",
            self._webhook,
            urllib.parse.urlencode(fields).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded", **own, **(headers or {})},
        )

    def send(self, fields: dict[str, str]) -> list[str]:
        """Deliver a request and return the texts that were sent for it; the webhook is answered after them."""
        answer = self.deliver(fields)
        assert answer.status == 200, answer.status
        return self.received()

    def say(self, text: str) -> list[str]:
        """Write a message and return what was answered."""
        return self.send(self.fields(Body=text))

    def received(self) -> list[str]:
        """Return the texts that came since the last time."""
        texts = self._twilio.sent_to(self.number)
        new, self._seen = texts[self._seen :], len(texts)
        return new
