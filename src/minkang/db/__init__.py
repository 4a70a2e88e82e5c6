"""PostgreSQL: the embedded server, connections, named SQL, migrations, backup."""

from minkang.db.embedded import External, Served, Server, open_server, server_for
from minkang.db.migrations import migrate, require_current, status
from minkang.db.notices import Notice, silent
from minkang.db.pool import Database
from minkang.db.sql import Queries

__all__ = [
    "Database",
    "External",
    "Notice",
    "Queries",
    "Served",
    "Server",
    "migrate",
    "open_server",
    "require_current",
    "server_for",
    "silent",
    "status",
]
