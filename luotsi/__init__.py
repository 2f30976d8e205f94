"""The command line of Luotsi."""
