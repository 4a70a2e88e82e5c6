"""Find: one field for pages, persons, records and whatever else registers a finder."""
