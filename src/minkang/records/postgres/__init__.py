"""The record store on PostgreSQL."""

from minkang.records.postgres.ports import Search
from minkang.records.postgres.store import PostgresRepository

__all__ = ["PostgresRepository", "Search"]
