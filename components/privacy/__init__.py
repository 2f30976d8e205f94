"""Masks personal data, in Finnish and English, before anything is kept."""

from components.privacy.engine import anonymise
from components.privacy.logs import install_log_filter, mask_event
from components.privacy.spans import Anonymised, Span
from components.privacy.tree import anonymise_tree

ANONYMISER_VERSION = 2
"""Rises when the anonymiser finds more, or special_categories.py does.

`luotsi rescan` then goes over what is stored.
"""

__all__ = [
    "ANONYMISER_VERSION",
    "Anonymised",
    "Span",
    "anonymise",
    "anonymise_tree",
    "install_log_filter",
    "mask_event",
]
