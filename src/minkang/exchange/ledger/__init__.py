"""What came from whom and what became of it."""
