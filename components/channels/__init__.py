"""How customers reach the assistant. Gate 1 stands here: nothing unmasked goes further."""
