"""Continuous fuzzing of the anonymiser (`make fuzz`)."""
