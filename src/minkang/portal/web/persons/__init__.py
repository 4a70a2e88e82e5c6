"""Who is who, on pages: the review queue, the population register, one person, what is in disagreement."""
