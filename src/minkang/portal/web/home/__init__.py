"""The front page: what needs me today, what changed, how we stand, from providers."""
