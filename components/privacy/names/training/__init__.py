"""How the tagger of names is trained; nothing here is needed at run time."""
