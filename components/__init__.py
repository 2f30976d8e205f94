"""Everything that runs inside the assistant's server."""
