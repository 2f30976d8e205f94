"""The tables. Every row that concerns a conversation or a person has an indexed `expires_at`.

On PostgreSQL some of them are partitioned by that time, and their primary key includes it
(components/storage/partitions.py).
"""

from components.storage.models.base import (
    CHANNEL_LENGTH,
    ROW_NUMBER,
    SENDER_ID_LENGTH,
    USER_ID_LENGTH,
    Base,
    UtcDateTime,
)
from components.storage.models.conversations import (
    ChannelDelivery,
    Conversation,
    Erasure,
    Event,
    Feedback,
    LabelCount,
    ReplyAddress,
    RetentionRun,
    TechnicalLogEntry,
    TrainingUtterance,
)
from components.storage.models.queue import QueueCounter, QueueState, QueueSwitch, QueueValue
from components.storage.models.review import (
    Calibration,
    ContentTask,
    IndexedConversation,
    IndexedMessage,
    MaskingCase,
    QueuedReview,
    ReviewMark,
    SavedFilter,
)
from components.storage.models.staff import (
    AuditEntry,
    AuditHead,
    DocumentVersion,
    SignInFailure,
    StaffMember,
    StaffSession,
    Switch,
)
from components.storage.models.training import Collection, CollectionCase, Hold, Practice

__all__ = [
    "AuditEntry",
    "AuditHead",
    "Base",
    "CHANNEL_LENGTH",
    "Calibration",
    "ChannelDelivery",
    "Collection",
    "CollectionCase",
    "ContentTask",
    "Conversation",
    "DocumentVersion",
    "Erasure",
    "Event",
    "Feedback",
    "Hold",
    "IndexedConversation",
    "IndexedMessage",
    "LabelCount",
    "MaskingCase",
    "Practice",
    "QueueCounter",
    "QueueState",
    "QueueSwitch",
    "QueueValue",
    "QueuedReview",
    "ROW_NUMBER",
    "ReplyAddress",
    "RetentionRun",
    "ReviewMark",
    "SENDER_ID_LENGTH",
    "SavedFilter",
    "SignInFailure",
    "StaffMember",
    "StaffSession",
    "Switch",
    "TechnicalLogEntry",
    "TrainingUtterance",
    "USER_ID_LENGTH",
    "UtcDateTime",
]
