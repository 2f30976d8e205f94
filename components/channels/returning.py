"""Customers who come back after their session ended: the conversation is the same, what is going on begins anew."""

from __future__ import annotations

import datetime

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from components.storage.rights import spoken

# The intent of the message that a channel sends before the first one of somebody who comes back.
WELCOME_BACK = "welcome_back"


def is_coming_back(tracker: DialogueStateTracker | None, domain: Domain, now: datetime.datetime | None = None) -> bool:
    """Tell whether the next message begins another session of a conversation in which the customer said something.

    Rasa begins a session by the same rule: so many minutes after the latest message of the customer.
    """
    session = domain.session_config
    if tracker is None or not session.are_sessions_enabled():
        return False
    said = [event for event in tracker.events if isinstance(event, UserUttered)]
    if not any(spoken(event.as_dict()) is not None for event in said):
        return False
    moment = now or datetime.datetime.now(datetime.timezone.utc)
    return bool(moment.timestamp() - said[-1].timestamp > session.session_expiration_time * 60)
