"""Reading conversations, noting on them what is right and wrong, and handing on what comes of it."""

from console.review import calibrations, marking, masking, queue, start, tasks, transcript
from console.review.base import area

__all__ = ["area", "calibrations", "marking", "masking", "queue", "start", "tasks", "transcript"]
