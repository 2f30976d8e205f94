"""Members of staff and their roles."""

from __future__ import annotations

import enum


class Role(str, enum.Enum):
    """What a member of staff may do; a person can have several."""

    AGENT = "agent"
    TRAINER = "trainer"
    EDITOR = "editor"
    PRIVACY_OFFICER = "privacy_officer"
    ADMINISTRATOR = "administrator"
