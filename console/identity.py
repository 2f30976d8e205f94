"""Who is using the console."""

from __future__ import annotations

import dataclasses

from flask import g

from components.storage.staff import Role


@dataclasses.dataclass(frozen=True)
class Person:
    """A signed-in member of staff. `verified`: the second step of signing in is done, and no new password is due."""

    id: int
    user_id: str
    roles: frozenset[Role]
    language: str
    verified: bool
    session: str

    def has(self, *roles: Role) -> bool:
        """Tell whether the person has any of the roles."""
        return not self.roles.isdisjoint(roles)


def person() -> Person:
    """Return who is signed in; only for views behind a rule with roles."""
    found: Person | None = g.get("person")
    if found is None:
        raise RuntimeError("nobody is signed in: the route has no rule with roles")
    return found


def person_or_none() -> Person | None:
    """Return who is signed in, or None."""
    found: Person | None = g.get("person")
    return found
