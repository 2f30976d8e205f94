"""The pages of signing in and out."""

from __future__ import annotations

from flask import render_template

from console.area import EVERYONE, Area

area = Area("signing_in", __name__)


@area.page("/sign-in", roles=None)
def sign_in() -> str:
    """Ask for user ID and password."""
    return render_template("signing_in/sign_in.html")


@area.page("/sign-in/next", roles=EVERYONE, before_verified=True)
def next_step() -> str:
    """Lead to what is still missing: the second factor, or a new password."""
    return render_template("signing_in/sign_in.html")
