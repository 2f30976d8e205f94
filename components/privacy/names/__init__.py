"""Names of people: lists, a trained tagger, and rules for other scripts than the Latin one."""
