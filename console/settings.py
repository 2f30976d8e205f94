"""The settings of the console, read once from the environment."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import hmac
from collections.abc import Mapping

from components import settings as common


@dataclasses.dataclass(frozen=True)
class ConsoleSettings:
    """What the console runs with.

    secret_keys: the service's keys, newest first; the console uses keys derived from them (`derived_keys`).
    k: in how many conversations something must stand before a report quotes it.
    """

    database_url: str
    secret_keys: tuple[bytes, ...] = dataclasses.field(repr=False)
    access: common.ConsoleAccess
    conversations_kept: datetime.timedelta
    audit_kept: datetime.timedelta
    k: int

    @classmethod
    def from_environment(cls, values: Mapping[str, str]) -> ConsoleSettings:
        """Read the settings; raises SettingsError for what is missing or unsafe."""
        return cls(
            database_url=common.database_url(values),
            secret_keys=common.secret_keys(values),
            access=common.console(values),
            conversations_kept=common.retention(values),
            audit_kept=common.audit_retention(values),
            k=common.training_k(values),
        )

    def derived_keys(self, purpose: str) -> list[bytes]:
        """Return 32 bytes for a purpose from each secret key, newest first, so that no two uses share a key."""
        return [
            hmac.new(key, f"luotsi console {purpose}".encode(), hashlib.sha256).digest() for key in self.secret_keys
        ]
