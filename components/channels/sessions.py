"""Web sessions: issued by the server, unguessable, signed and expiring."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import secrets
from collections.abc import Sequence

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from components.privacy.pseudonyms import pseudonym
from components.storage.unstored import UNSTORED_PREFIX

_SESSION_BYTES = 24
_MAX_TOKEN_CHARACTERS = 300
# No random identifier holds a colon.
_UNSTORED_MARK = "unstored:"


class UnknownSessionError(Exception):
    """The token was not issued by this service."""


class SessionExpiredError(Exception):
    """The token was issued by this service but is too old."""


@dataclasses.dataclass(frozen=True)
class Session:
    """A running session: the pseudonym of its conversation, when the session ends (UTC), and whether it is stored."""

    sender_id: str
    expires_at: datetime.datetime
    stored: bool = True


class SessionIssuer:
    """Issues and checks session tokens.

    A token holds 192 random bits and the time of issue, signed with HMAC-SHA-256 (itsdangerous). Nothing about a
    session is kept on the server, so it survives restarts and is the same on every server with the same keys.

    keys: newest first (components.settings.Settings.secret_keys). New tokens are signed with the first one; a token
        of an older key stays good until it expires and leads to the same conversation as before.
    """

    def __init__(self, keys: Sequence[bytes], lifetime: datetime.timedelta, *, channel: str = "web") -> None:
        self._lifetime = lifetime
        self._channel = channel
        self._serializers = {
            key: URLSafeTimedSerializer(
                key, salt=f"luotsi.session.{channel}", signer_kwargs={"digest_method": hashlib.sha256}
            )
            for key in keys
        }
        self._key = keys[0]
        self._current = self._serializers[self._key]

    def issue(self) -> tuple[str, Session]:
        """Return a new token and its session."""
        return self._issue(secrets.token_urlsafe(_SESSION_BYTES))

    def issue_unstored(self, session: Session) -> tuple[str, Session]:
        """Return a token, and its session, in which a conversation goes on without being stored.

        That it is not stored is part of what is signed, so that neither a restart nor another server can make it a
        stored one. The same session leads to the same conversation, so that asking again is safe.
        """
        return self._issue(_UNSTORED_MARK + pseudonym(self._key, "unstored", session.sender_id))

    def _issue(self, identifier: str) -> tuple[str, Session]:
        token = self._current.dumps(identifier)
        return str(token), self.read(str(token))

    def read(self, token: str) -> Session:
        """Return the session of a token.

        Raises SessionExpiredError for an old token and UnknownSessionError for anything else that is not valid.
        """
        if len(token) > _MAX_TOKEN_CHARACTERS or not token.isascii():
            raise UnknownSessionError
        max_age = int(self._lifetime.total_seconds())
        for key, serializer in self._serializers.items():
            try:
                identifier, issued_at = serializer.loads(token, max_age=max_age, return_timestamp=True)
            except SignatureExpired as error:
                raise SessionExpiredError from error
            except BadSignature:
                continue
            sender_id = pseudonym(key, self._channel, str(identifier))
            stored = not str(identifier).startswith(_UNSTORED_MARK)
            return Session(sender_id if stored else UNSTORED_PREFIX + sender_id, issued_at + self._lifetime, stored)
        raise UnknownSessionError
