"""Who is using the console."""

from __future__ import annotations

import dataclasses

from flask import g

from components.storage.staff import Role


@dataclasses.dataclass(frozen=True)
class Person:
    """A signed-in member of staff.

    verified: the second step of signing in is done, and neither a new password nor a second factor is due.
    new_password_due, second_factor_set_up, second_factor_given: what there is to do before that.
    session: what stands for the token of this session in the database.
    """

    id: int
    user_id: str
    roles: frozenset[Role]
    language: str
    verified: bool
    session: str
    new_password_due: bool = False
    second_factor_set_up: bool = True
    second_factor_given: bool = True

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
