"""What is kept, and for how long: sanitised conversations with an expiry on every row."""
