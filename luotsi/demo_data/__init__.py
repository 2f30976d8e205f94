"""Made-up conversations for trying out the staff console."""
