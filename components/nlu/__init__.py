"""What the assistant understands: the NLU pipeline's own components, in the order in which they run."""
