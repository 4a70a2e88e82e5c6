"""Messages in, records out: converting, weighing, storing, counting, in batches that happen wholly or not at all."""
