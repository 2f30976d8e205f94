"""The services of the action server: one module per service. They see masked text only."""
