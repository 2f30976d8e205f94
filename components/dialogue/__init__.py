"""How the assistant chooses its next step."""
