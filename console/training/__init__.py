"""Training people with conversations: collections of cases, practice, a meeting room's screen, handouts and holds."""

from console.training import cases, collecting, handing_out, holds, practising, presenting, rewriting
from console.training.base import area

AREAS = (area, practising.area, holds.area)

__all__ = ["AREAS", "cases", "collecting", "handing_out", "holds", "practising", "presenting", "rewriting"]
