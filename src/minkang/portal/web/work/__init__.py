"""Long work: one list of what runs, from whatever part of the platform runs it."""
