"""Who is who, kept in PostgreSQL: persons, links, their history and the feed of its changes."""
