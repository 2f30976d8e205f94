"""Signing in and out: the password, the second factor, one's own password and sessions."""

from console.signing_in import account
from console.signing_in.views import area

__all__ = ["account", "area"]
