"""The privacy officer's desk: what is kept and for how long, rights, switches, documents; and the audit log."""

from console.privacy_desk import auditing, desk, documents, erasing, rescanning, switching, trying
from console.privacy_desk.base import area

AREAS = (area, auditing.area)

__all__ = ["AREAS", "auditing", "desk", "documents", "erasing", "rescanning", "switching", "trying"]
