"""Passwords: which are good enough, how they are kept, temporary ones.

The policy is NIST SP 800-63B's (section 5.1.1.2 and appendix A): length counts, there are no rules of composition and
no regular changes, and what everybody tries first is refused. They are kept as Argon2id with the parameters of
RFC 9106 for little memory (64 MiB, three passes).
"""

from __future__ import annotations

import datetime
import functools
import re
import secrets
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

FEWEST_CHARACTERS = 12
MOST_CHARACTERS = 128
TEMPORARY_FOR = datetime.timedelta(days=7)
"""How long a temporary password lets its person in."""
_PRODUCT = "luotsi"
_SHORTEST_CONTAINED = 4  # a user ID of two letters is part of nearly everything
_LONGEST_REPEATED = 4
_ROWS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "abcdefghijklmnopqrstuvwxyzåäö",
    "qwertyuiopåasdfghjklöäzxcvbnm",
)
# Letters and digits that nobody mistakes for one another.
_TEMPORARY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"

_hasher = PasswordHasher()
# Each takes 64 MiB while it is at work: many who try at once wait for one another instead of using up the memory.
_at_work = threading.BoundedSemaphore(2)


def normalise(password: str) -> str:
    """Return a password as it is hashed, the same however a keyboard composes its letters (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def objection(password: str, *, user_id: str) -> str | None:
    """Return why a password is not good enough, or None.

    The answer is the name of a text: "too_short", "too_long", "common", "repeated", "sequence", "holds_user_id" or
    "holds_product".
    """
    normal = normalise(password)
    if len(normal) < FEWEST_CHARACTERS:
        return "too_short"
    if len(normal) > MOST_CHARACTERS:
        return "too_long"
    folded = normal.casefold()
    if folded == user_id or (len(user_id) >= _SHORTEST_CONTAINED and user_id in folded):
        return "holds_user_id"
    if _PRODUCT in folded:
        return "holds_product"
    repeated = re.fullmatch(r"(.+?)\1+", folded)
    if repeated and len(repeated[1]) <= _LONGEST_REPEATED:
        return "repeated"
    if any(folded in row or folded[::-1] in row for row in _ROWS):
        return "sequence"
    # What people put behind a word that is too short does not make it rarer.
    word = re.sub(r"[\W\d_]+$", "", folded)
    candidates = {folded, folded.rstrip("0123456789"), word, repeated[1] if repeated else folded}
    return "common" if candidates & _commonest() else None


def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    with _at_work:
        return _hasher.hash(normalise(password))


def verify(password_hash: str | None, password: str) -> bool:
    """Tell whether a password is the one that was hashed; as slow when there is no hash (an unknown user ID)."""
    normal, known = normalise(password)[: MOST_CHARACTERS + 1], password_hash or _nobodys()
    try:
        with _at_work:
            return _hasher.verify(known, normal) and password_hash is not None
    except InvalidHashError:
        return verify(None, password)
    except VerificationError:
        return False


def outdated(password_hash: str) -> bool:
    """Tell whether a hash was made with other parameters than those of today."""
    return _hasher.check_needs_rehash(password_hash)


def temporary_password() -> str:
    """Return a random password of 79 bits that can be read out: four groups of four letters and digits."""
    groups = ("".join(secrets.choice(_TEMPORARY_LETTERS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


@functools.cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_urlsafe())


@functools.cache
def _commonest() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # 1 MB of words, which only a new password needs

    # Passwords, first names, surnames and words: each stands in only one of the lists.
    return frozenset().union(*FREQUENCY_LISTS.values())
