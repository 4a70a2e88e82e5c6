"""Messages that could not be taken: kept, shown, corrected, replayed."""
