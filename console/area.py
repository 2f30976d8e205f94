"""Areas of the console: blueprints whose every route says who may use it and what the audit log notes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, g

from components.storage.staff import Role

View = TypeVar("View", bound=Callable[..., Any])
EVERYONE = frozenset(Role)
"""Whoever is signed in, whatever their roles."""


@dataclasses.dataclass(frozen=True)
class Rule:
    """Who may use a route, and the action that the audit log notes for it.

    roles: any one of them is enough; None for the few public routes (signing in, health, style sheet).
    audit: None only for pages that show nothing about conversations, people or settings.
    before_verified: whether a person who has given the password only may use it (the second step of signing in).
    """

    roles: frozenset[Role] | None
    audit: str | None
    before_verified: bool = False


class Area(Blueprint):
    """A blueprint that takes routes by `page` and `act` only, so that none is without a rule."""

    def __init__(self, name: str, import_name: str, **options: Any) -> None:
        super().__init__(name, import_name, **options)
        self.rules: dict[str, Rule] = {}

    def page(
        self, path: str, *, roles: frozenset[Role] | set[Role] | None, audit: str | None = None, **options: Any
    ) -> Callable[[View], View]:
        """Register a page, which changes nothing: GET only."""
        return self._register(path, Rule(_frozen(roles), audit, options.pop("before_verified", False)), "GET", options)

    def act(
        self, path: str, *, roles: frozenset[Role] | set[Role] | None, audit: str, **options: Any
    ) -> Callable[[View], View]:
        """Register a change of state: POST only, with a CSRF token, and noted in the audit log."""
        return self._register(path, Rule(_frozen(roles), audit, options.pop("before_verified", False)), "POST", options)

    def _register(self, path: str, rule: Rule, method: str, options: dict[str, Any]) -> Callable[[View], View]:
        def register(view: View) -> View:
            endpoint = options.pop("endpoint", view.__name__)
            self.rules[f"{self.name}.{endpoint}"] = rule
            # Nobody needs OPTIONS, and Flask's own answer to it would count as the view's.
            self.add_url_rule(path, endpoint, view, methods=[method], provide_automatic_options=False, **options)
            return view

        return register


def note(
    target: str | None = None,
    *,
    action: str | None = None,
    actor: str | None = None,
    **details: str | int | bool | None,
) -> None:
    """Say what the audit entry of this request is about; never hand over a text that somebody wrote.

    `target` names what was seen or changed (a conversation's reference, "staff:anna", "collection:7"). `action`
    replaces the route's own ("conversation.viewed") where a form can do more than one thing; `actor` is for where
    nobody is signed in yet.
    """
    if target is not None:
        g.audit_target = target
    if action is not None:
        g.audit_action = action
    if actor is not None:
        g.audit_actor = actor
    g.audit_details = {**g.get("audit_details", {}), **details}


def also_note(target: str, *, action: str, **details: str | int | bool | None) -> None:
    """Have a further audit entry written: for each conversation that a page shows or a file holds beside its own.

    So whoever searches the log by a conversation finds everybody who saw it.
    """
    g.audit_further = [*g.get("audit_further", []), (target, action, details)]


def keep_refusal(action: str, target: str | None = None) -> None:
    """Keep and audit what this request wrote although it is refused: an attempt that failed, or what it showed."""
    g.keep_refusal = True
    note(target, action=action)


def _frozen(roles: frozenset[Role] | set[Role] | None) -> frozenset[Role] | None:
    return None if roles is None else frozenset(roles)
