"""The command line of Luotsi."""

VERSION = "0.1.0"
