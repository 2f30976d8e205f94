"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when it is lost."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from components.storage.references import CODE_LETTERS

STEP_SECONDS = 30
_TOLERANCE_STEPS = 1  # a clock may be a step off, as RFC 6238 (5.2) recommends
_DIGITS = 6
_ISSUER = "Luotsi"
RECOVERY_CODES = 10
_RECOVERY_LETTERS = 12  # 52 bits, kept as keyed digests
_GROUP = 4
_SET_UP_SECONDS = 1_800


def new_secret() -> str:
    """Return a secret for an authenticator app, in base 32."""
    return str(pyotp.random_base32())


def address(secret: str, user_id: str) -> str:
    """Return what the QR code says: the otpauth address."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=user_id, issuer_name=_ISSUER))


def qr_code(content: str) -> str:
    """Return a QR code as an SVG element without styles, dark on white whatever the page's colours."""
    code = segno.make(content, error="m")
    return str(code.svg_inline(scale=4, border=4, dark="#000", light="#fff", svgclass=None, lineclass=None))


def matching_step(secret: str, code: str, *, now: datetime.datetime) -> int | None:
    """Return the time step whose code was given, or None; the caller refuses one that was used before."""
    typed = "".join(code.split())
    if len(typed) != _DIGITS or not typed.isascii() or not typed.isdecimal():
        return None
    current = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    found = None
    for step in range(current - _TOLERANCE_STEPS, current + _TOLERANCE_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step), typed):
            found = step
    return found


class SecretBox:
    """Encrypts the secrets under the newest key, and reads what earlier keys encrypted.

    `keys` are 32 bytes each, newest first (ConsoleSettings.derived_keys).
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        fernets = [Fernet(base64.urlsafe_b64encode(key)) for key in keys]
        self._newest, self._fernet = fernets[0], MultiFernet(fernets)

    def close(self, secret: str) -> str:
        """Return a secret encrypted."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, closed: str) -> str | None:
        """Return the secret, or None when none of the keys encrypted it."""
        try:
            return self._fernet.decrypt(closed.encode()).decode()
        except InvalidToken:
            return None

    def renewed(self, closed: str) -> str | None:
        """Return what an earlier key encrypted, encrypted under the newest one; None when that did it."""
        try:
            self._newest.decrypt(closed.encode())
        except InvalidToken:
            return self._fernet.rotate(closed.encode()).decode()
        return None

    def offer(self, secret: str, *, session: str, now: datetime.datetime) -> str:
        """Return a secret that is not in use yet, for the form of one session, which gives it back with a code."""
        return self._fernet.encrypt_at_time(json.dumps([session, secret]).encode(), int(now.timestamp())).decode()

    def taken(self, offered: str, *, session: str, now: datetime.datetime) -> str | None:
        """Return the secret that was offered to a session half an hour ago at most, or None."""
        try:
            content = self._fernet.decrypt_at_time(offered.encode(), _SET_UP_SECONDS, int(now.timestamp()))
        except (InvalidToken, TypeError):
            return None
        whose, secret = json.loads(content)
        return str(secret) if whose == session else None


def new_recovery_codes() -> list[str]:
    """Return new recovery codes, for example "BCDF-GHJK-LMNP"."""
    return [_recovery_code() for _ in range(RECOVERY_CODES)]


def _recovery_code() -> str:
    letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(_RECOVERY_LETTERS))
    return "-".join(letters[start : start + _GROUP] for start in range(0, _RECOVERY_LETTERS, _GROUP))


def recovery_digests(code: str, *, staff_id: int, keys: Sequence[bytes]) -> list[str]:
    """Return what may stand for a recovery code in the database, by the newest key first; typed as one likes."""
    letters = "".join(sign for sign in code.upper() if sign.isalpha())
    content = f"{staff_id} {letters}".encode()
    return [hmac.new(key, content, hashlib.sha256).hexdigest() for key in keys]
