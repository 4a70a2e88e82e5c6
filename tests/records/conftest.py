"""The stores that the record tests run on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from minkang.access import Access, program_access
from minkang.db import Database
from minkang.fhir import Resource, decode
from minkang.records import Repository
from minkang.records.memory import MemoryRepository
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch


@pytest.fixture
def access() -> Access:
    """A caller who may do everything."""
    return program_access("test")


@pytest.fixture(params=["postgres", "memory"])
def repository(request: pytest.FixtureRequest) -> Repository:
    """An empty store; each test that asks for it runs once with each kind of store."""
    if request.param == "memory":
        return MemoryRepository()
    return PostgresRepository(request.getfixturevalue("database"), PostgresSearch())


@pytest.fixture
def store(database: Database) -> PostgresRepository:
    """An empty store on PostgreSQL, for what only that one can be asked."""
    return PostgresRepository(database, PostgresSearch())


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
