"""IP addresses, version 4 and 6."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from components.privacy import allow
from components.privacy.recognisers.base import Recogniser
from components.privacy.spans import Document, Hit

_V4 = re.compile(
    r"[0-9](?<![0-9.][0-9])[0-9]{0,2}(?:(?: ?[(\[]?\.[)\]]? ?| dot | piste )[0-9]{1,3}){3}(?![0-9]|\.[0-9])"
)
_COLON = re.compile(":[0-9a-f:]")
_V6 = re.compile(r"(?<![0-9a-z:])(?=[0-9a-f]{0,4}:[0-9a-f:])[0-9a-f:.]{3,45}(?:%[a-z0-9]{1,15})?(?![0-9a-z:])")


class IpAddress(Recogniser):
    """Addresses that may lead to someone; loopback, unspecified and documentation addresses stay."""

    label = "IP_ADDRESS"
    min_digits = 2

    def find(self, document: Document) -> Iterator[Hit]:
        """Yield addresses."""
        text = document.lower
        for match in _V4.finditer(text) if len(document.runs) >= 4 else ():
            value = re.sub("[^0-9]+", ".", match.group())
            if self._kept(".".join(str(int(part)) for part in value.split("."))):
                continue
            if all(int(part) <= 255 for part in value.split(".")):
                yield self.hit(match.start(), match.end(), 0.9)
        if ":" not in text or _COLON.search(text) is None:
            return
        for match in _V6.finditer(text):
            value = match.group().split("%")[0].rstrip(".:" if not match.group().endswith("::") else ".")
            try:
                ipaddress.IPv6Address(value)
            except ValueError:
                continue
            if not self._kept(value) and len(value) > 4:
                yield self.hit(match.start(), match.start() + len(value), 0.9)

    @staticmethod
    def _kept(value: str) -> bool:
        try:
            return allow.is_public_network(value)
        except ValueError:
            return False
