"""Messaging platforms: one path from an update of a platform to an answer, and one small adapter for each platform."""
