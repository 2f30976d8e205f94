"""Checks of the content that go beyond its shape: remarks that help editors and never stop the training."""
