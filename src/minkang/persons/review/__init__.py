"""Pairs that somebody decides: the queue, the evidence, and how far reviewers agree."""
