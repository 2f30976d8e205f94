"""The record of processing activities (GDPR Article 30(1)), made from the configuration that is in use."""
