"""The stores that the record tests run on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from psycopg import Connection

from minkang.access import Access, program_access
from minkang.db import Database
from minkang.errors import Fault
from minkang.fhir import Resource, decode
from minkang.records import Repository
from minkang.records.postgres import PostgresRepository
from minkang.records.postgres.identifiers import by_identifier


class IdentifierSearch:
    """Finds by one full identifier and nothing else."""

    def find(self, connection: Connection[Any], access: Access, type: str, criteria: str, limit: int) -> list[str]:
        del access
        found = by_identifier(connection, [f"{type}?{criteria}"])
        if not found:
            raise Fault("RECORDS-013", cursor=criteria)
        return [address.id for addresses in found.values() for address in addresses][:limit]

    def page(self, *_: object) -> Any:
        raise NotImplementedError

    def parse(self, *_: object) -> Any:
        raise NotImplementedError


@pytest.fixture
def access() -> Access:
    """A caller who may do everything."""
    return program_access("test")


@pytest.fixture(params=["postgres"])
def repository(request: pytest.FixtureRequest) -> Repository:
    """An empty store; each test that asks for it runs once with each kind of store."""
    return PostgresRepository(request.getfixturevalue("database"), IdentifierSearch())


@pytest.fixture
def store(database: Database) -> PostgresRepository:
    """An empty store on PostgreSQL, for what only that one can be asked."""
    return PostgresRepository(database, IdentifierSearch())


@pytest.fixture
def patient() -> Callable[..., Resource]:
    """Makes a patient; `patient(id="1", family="王")`."""
    return make_patient


def make_patient(id: str = "", family: str = "Wang", identifier: str = "") -> Resource:
    """A patient of a few elements."""
    parts = ['"resourceType":"Patient"']
    if id:
        parts.append(f'"id":"{id}"')
    if identifier:
        parts.append(f'"identifier":[{{"system":"urn:test","value":"{identifier}"}}]')
    parts.append(f'"name":[{{"family":"{family}"}}]')
    return decode(("{" + ",".join(parts) + "}").encode())
