"""The staff console: a web application of its own beside the assistant's server."""
