"""PostgreSQL: the embedded server, connections, named SQL and migrations."""
