"""A page for editors: what the content holds, what the model makes of it, and what there is to mend."""
