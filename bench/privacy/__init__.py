"""How much personal data survives the anonymiser, beside Presidio (docs/privacy/evaluation.md)."""
