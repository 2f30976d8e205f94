"""Checking passwords and codes, with the waits after failed attempts."""

from __future__ import annotations

import logging

from flask import request

from components.storage import staff
from components.storage.staff import Account
from console.database import database, engine, now
from console.signing_in import passwords, second_factor
from console.signing_in.backoff import Attempt, Backoff
from console.signing_in.second_factor import SecretBox
from console.wording import app_settings

logger = logging.getLogger(__name__)


class Wait(Exception):
    """Too many attempts failed; the next one may be made after `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def check_password(user_id: str, password: str) -> Account | None:
    """Return the account that a user ID and a password belong to, or None; takes the same time either way.

    A disabled account and a temporary password that is too old are like a wrong password. Raises Wait.
    """
    backoff, attempt = _attempt("password", user_id)
    found = staff.find_account(database(), user_id)
    right = passwords.verify(None if found is None else found.password_hash, password)
    if found is None or not right or not found.active or _too_old(found):
        return None
    backoff.succeed(database(), attempt, now=now())
    if passwords.outdated(found.password_hash):
        staff.set_password(
            database(), found.id, password_hash=passwords.hash_password(password), now=now(), chosen=False
        )
    return found


def check_code(found: Account, code: str) -> bool:
    """Tell whether a code of the app is right and was not used before, and note that it was used. Raises Wait."""
    backoff, attempt = _attempt("code", found.user_id)
    box = secret_box()
    secret = box.open(found.totp_secret or "")
    if secret is None:
        logger.error("A second factor cannot be read: the secret key that encrypted it is not among the keys.")
        return False
    step = second_factor.matching_step(secret, code, now=now())
    if step is None or not staff.use_step(database(), found.id, step):
        return False
    renewed = box.renewed(found.totp_secret or "")
    if renewed is not None:
        staff.renew_secret(database(), found.id, renewed)
    backoff.succeed(database(), attempt, now=now())
    return True


def check_recovery_code(found: Account, code: str) -> bool:
    """Tell whether a recovery code is right, and use it up. Raises Wait."""
    backoff, attempt = _attempt("code", found.user_id)
    digests = second_factor.recovery_digests(code, staff_id=found.id, keys=recovery_keys())
    if not any(staff.use_recovery_code(database(), found, digest) for digest in digests):
        return False
    backoff.succeed(database(), attempt, now=now())
    return True


def secret_box() -> SecretBox:
    """Return what encrypts the secrets of the second factors."""
    return SecretBox(app_settings().derived_keys("second factor"))


def recovery_keys() -> list[bytes]:
    """Return the keys of the digests of recovery codes, newest first."""
    return app_settings().derived_keys("recovery codes")


def _attempt(kind: str, user_id: str) -> tuple[Backoff, Attempt]:
    """Count an attempt from where the request comes from. Raises Wait when none may be made yet."""
    backoff = Backoff(engine(), app_settings().derived_keys("sign-in failures")[0], kind)
    attempt = backoff.begin(user_id, request.remote_addr or "", now=now())
    if attempt.wait:
        raise Wait(attempt.wait)
    return backoff, attempt


def _too_old(found: Account) -> bool:
    return found.must_change_password and now() - found.password_changed_at > passwords.TEMPORARY_FOR
