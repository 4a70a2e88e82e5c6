"""A small lake for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.lake.logged import Links, LoggedSource

from minkang.lake import buckets
from minkang.lake.query import Lake
from minkang.lake.refresh import Options, Refresher
from minkang.lake.snapshots import Folder
from minkang.lake.tables import Table, standard_tables

USED = ("patient", "observation", "organization")


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes go into delta and gone files, as in a large lake, however small the buckets are."""
    monkeypatch.setattr(buckets, "SMALL", 0)
    monkeypatch.setattr(buckets, "SHARE", 1e9)


@pytest.fixture
def used() -> dict[str, Table]:
    """Some of the standard tables; all of them would take a second."""
    return {name: standard_tables()[name] for name in USED}


@pytest.fixture
def source(tmp_path: Path) -> LoggedSource:
    """An empty store."""
    return LoggedSource(tmp_path / "versions.ndjson")


@pytest.fixture
def links() -> Links:
    """No links."""
    return Links()


@pytest.fixture
def refresher(tmp_path: Path, source: LoggedSource, links: Links, used: dict[str, Table]) -> Callable[..., Refresher]:
    """Makes a refresher of the test's lake, or of another."""

    def make(name: str = "lake", **options: Any) -> Refresher:
        given = options.pop("options", Options(buckets=4, threads=1))
        return Refresher(Folder(tmp_path / name), source, links, tables=used, options=given, **options)

    return make


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    """The test's lake as one queries it."""
    with Lake(tmp_path / "lake", threads=1) as lake:
        yield lake


def everything(place: Path, names: tuple[str, ...] = USED) -> dict[str, list[str]]:
    """All rows of a lake, in an order of their own."""
    with Lake(place, threads=1) as lake:
        return {name: sorted(map(str, lake.sql(f"SELECT * FROM {name}").rows())) for name in names}
