"""Decisions at intake: a new or changed source record against the index, with the weights of the bulk run."""
