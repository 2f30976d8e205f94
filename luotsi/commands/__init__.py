"""The subcommands: each module has `configure(parser)` and imports what is slow only when it runs."""
