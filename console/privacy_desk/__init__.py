"""The privacy officer's desk: what is kept and for how long, rights, switches, documents; and the audit log."""

# Each of these puts its pages into the area.
import console.privacy_desk.desk
import console.privacy_desk.documents
import console.privacy_desk.erasing
import console.privacy_desk.rescanning
import console.privacy_desk.switching
import console.privacy_desk.trying  # noqa: F401
from console.privacy_desk.auditing import area as audit_area
from console.privacy_desk.base import area

AREAS = (area, audit_area)

__all__ = ["AREAS"]
