"""Many event streams at once, each checked for what it brings, beside stock Rasa (docs/benchmarks.md)."""
