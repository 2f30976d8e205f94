"""The accounts of staff, for administrators."""

from console.accounts.views import area

__all__ = ["area"]
