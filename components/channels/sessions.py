"""Web sessions: issued by the server, unguessable, signed and expiring."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import secrets

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from components.privacy.pseudonyms import pseudonym

_SESSION_BYTES = 24
_MAX_TOKEN_CHARACTERS = 300


class UnknownSessionError(Exception):
    """The token was not issued by this service."""


class SessionExpiredError(Exception):
    """The token was issued by this service but is too old."""


@dataclasses.dataclass(frozen=True)
class Session:
    """A running session: the pseudonym of its conversation and when the session ends (UTC)."""

    sender_id: str
    expires_at: datetime.datetime


class SessionIssuer:
    """Issues and checks session tokens.

    A token holds 192 random bits and the time of issue, signed with HMAC-SHA-256 (itsdangerous). Nothing about a
    session is kept on the server, so it survives restarts and is the same on every server with the same key.
    """

    def __init__(self, key: bytes, lifetime: datetime.timedelta, *, channel: str = "web") -> None:
        self._key = key
        self._lifetime = lifetime
        self._channel = channel
        self._serializer = URLSafeTimedSerializer(
            key, salt=f"luotsi.session.{channel}", signer_kwargs={"digest_method": hashlib.sha256}
        )

    def issue(self) -> tuple[str, Session]:
        """Return a new token and its session."""
        token = self._serializer.dumps(secrets.token_urlsafe(_SESSION_BYTES))
        return str(token), self.read(str(token))

    def read(self, token: str) -> Session:
        """Return the session of a token.

        Raises SessionExpiredError for an old token and UnknownSessionError for anything else that is not valid.
        """
        if len(token) > _MAX_TOKEN_CHARACTERS or not token.isascii():
            raise UnknownSessionError
        try:
            identifier, issued_at = self._serializer.loads(
                token, max_age=int(self._lifetime.total_seconds()), return_timestamp=True
            )
        except SignatureExpired as error:
            raise SessionExpiredError from error
        except BadSignature as error:
            raise UnknownSessionError from error
        return Session(pseudonym(self._key, self._channel, str(identifier)), issued_at + self._lifetime)
