"""What people call a conversation: a code that can be read out on the phone and says nothing about it."""

from __future__ import annotations

import hashlib
import re

# Neither vowels, so that no word comes about, nor digits, so that no gate takes a code for personal data.
CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_CODE = re.compile(f"[{CODE_LETTERS}]{{4}}(-?[{CODE_LETTERS}]{{4}}){{2}}")


def reference_of(sender_id: str) -> str:
    """Return the reference of a conversation, for example "BCDF-GHJK-LMNP"; always the same for the same one."""
    number = int.from_bytes(hashlib.sha256(f"luotsi reference {sender_id}".encode()).digest(), "big")
    letters = []
    for _ in range(12):
        number, place = divmod(number, len(CODE_LETTERS))
        letters.append(CODE_LETTERS[place])
    return "-".join("".join(letters[start : start + 4]) for start in (0, 4, 8))


def read_reference(typed: str) -> str | None:
    """Return a reference as it is kept, from what somebody typed (case, spaces and hyphens as they like), or None."""
    letters = re.sub(r"[\s-]", "", typed).upper()
    if not _CODE.fullmatch(letters):
        return None
    return "-".join(letters[start : start + 4] for start in (0, 4, 8))
