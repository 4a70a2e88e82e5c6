"""Backup and restore: whole or refused, consistent while others write, and back after the data folder is destroyed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.conftest import SERVER_ACCOUNT, DatabaseServer, short_folder

from minkang.db import Database, manifest, migrate, open_server
from minkang.db.backup import backup, restore, verify
from minkang.errors import Fault

PACKAGES = ("backed_up",)
FILLING = """
create table person (id int primary key, name text not null);
create table visit (id bigint generated always as identity, person int references person, at timestamptz, body bytea)
    partition by list (person);
create table visit_even partition of visit for values in (0, 2, 4, 6, 8);
create table visit_odd partition of visit default;
create schema programme;
create table programme."Big name" (n int);
create function greeting() returns text language sql as $$ select 'hello' $$;
insert into person select n, '王' || n from generate_series(0, 9) n;
insert into visit (person, at, body)
    select n % 10, '2026-01-01 08:00+08'::timestamptz + n * interval '1 minute', sha256(n::text::bytea)
    from generate_series(1, 5000) n;
insert into programme."Big name" values (1), (2);
"""
DIGEST = """
select (select count(*) from person), (select md5(string_agg(id || name, ',' order by id)) from person),
    (select count(*) from visit),
    (select md5(string_agg(id || '/' || at || '/' || body::text, ',' order by id)) from visit),
    greeting(), (select sum(n) from programme."Big name"), nextval('visit_id_seq')
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package with one migration that makes tables and fills them."""
    folder = tmp_path / "packages" / "backed_up" / "migrations"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("")
    (folder / "0001_pre_begin.sql").write_text(FILLING)
    monkeypatch.syspath_prepend(tmp_path / "packages")
    yield folder
    sys.modules.pop("backed_up", None)


@pytest.fixture
def filled(empty_database: Database, packages: Path) -> Database:
    """A database with something of everything."""
    migrate(empty_database, PACKAGES)
    return empty_database


@pytest.fixture
def other(database_server: DatabaseServer) -> Iterator[Database]:
    """Another empty database, to restore into."""
    with database_server.database("template0") as database:
        yield database


def digest(database: Database) -> tuple[object, ...]:
    with database.connection() as connection:
        row = connection.execute(DIGEST).fetchone()
    assert row
    return row


def test_a_destroyed_data_folder_is_restored_into_a_new_server(packages: Path, tmp_path: Path) -> None:
    """Fill, back up, destroy, restore, compare: every row, sequence, function and schema is back."""
    with short_folder() as home:
        with open_server(home, account=SERVER_ACCOUNT, test=True) as server, Database(server.url) as database:
            migrate(database, PACKAGES)
            made = backup(database, tmp_path / "copy")
            before = digest(database)
        shutil.rmtree(home / "postgresql")
        seen: list[int] = []
        with open_server(home, account=SERVER_ACCOUNT, test=True) as server, Database(server.url) as database:
            hook = lambda restored: seen.append(len(digest(restored)))  # noqa: E731
            found = restore(database, tmp_path / "copy", packages=PACKAGES, after=[hook])
            after = digest(database)
            assert migrate(database, PACKAGES) == []
    assert found == made
    assert seen == [7]
    assert before[:-1] == after[:-1]
    assert (before[-1], after[-1]) == (5001, 5002)  # The hook's look took a number of the sequence.


def test_the_manifest_says_what_is_in_it(filled: Database, tmp_path: Path) -> None:
    """Rows of every table that has rows of its own, the migrations, the versions; the folder is the owner's alone."""
    made = backup(filled, tmp_path / "copy")
    assert made.tables == {
        "programme.Big name": 2,
        "public.person": 10,
        "public.schema_migration": 1,
        "public.visit_even": 2500,
        "public.visit_odd": 2500,
    }
    assert made.steps == ("backed_up 0001_pre",)
    assert "dump/toc.dat" in made.files
    assert verify(tmp_path / "copy") == made
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o700
    assert all(not path.stat().st_mode & 0o077 for path in (tmp_path / "copy" / "dump").iterdir())
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == ["copy"]


def test_a_backup_agrees_with_its_counts_while_others_write(
    filled: Database, other: Database, tmp_path: Path
) -> None:
    """Dump and counts come from one snapshot, so the restore's comparison holds."""
    stop = threading.Event()

    def write() -> None:
        number = 100
        while not stop.is_set():
            number += 1
            with filled.connection() as connection:
                connection.execute("insert into person values (%s, 'x')", (number,))
                connection.execute("insert into visit (person, at) values (%s, now())", (number,))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = backup(filled, tmp_path / "copy")
    finally:
        stop.set()
        writer.join()
    restore(other, tmp_path / "copy", packages=PACKAGES)
    with other.connection() as connection:
        row = connection.execute(
            "select (select count(*) from person), (select count(*) from visit_odd), (select count(*) from visit_even)"
        ).fetchone()
    assert row == (made.tables["public.person"], made.tables["public.visit_odd"], 2500)
    assert made.tables["public.person"] - 10 == made.tables["public.visit_odd"] - 2500


def test_a_damaged_backup_is_refused_before_anything_is_touched(
    filled: Database, other: Database, tmp_path: Path
) -> None:
    """A changed, a missing, an added file, and a manifest that cannot be read."""
    copy = tmp_path / "copy"
    backup(filled, copy)
    data = max((copy / "dump").iterdir(), key=lambda path: path.stat().st_size)
    whole = data.read_bytes()
    listing = (copy / manifest.NAME).read_text()

    def refused() -> str:
        with pytest.raises(Fault) as caught:
            restore(other, copy, packages=PACKAGES)
        return caught.value.code

    data.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert refused() == "DB-063"
    data.write_bytes(whole[:-1])
    assert refused() == "DB-063"
    data.unlink()
    assert refused() == "DB-062"
    data.write_bytes(whole)
    (copy / "dump" / "stranger").write_text("")
    assert refused() == "DB-062"
    (copy / "dump" / "stranger").unlink()
    for text in ("", "{", "[]", "{}", listing[:-20], listing.replace('"format": 1', '"format": 2')):
        (copy / manifest.NAME).write_text(text)
        assert refused() == "DB-062"
    (copy / manifest.NAME).unlink()
    assert refused() == "DB-062"
    (copy / manifest.NAME).write_text(listing)
    restore(other, copy, packages=PACKAGES)


def test_a_database_with_something_in_it_is_refused_unless_forced(
    filled: Database, other: Database, tmp_path: Path
) -> None:
    """By force everything in it goes first, also what the backup does not know."""
    backup(filled, tmp_path / "copy")
    with other.connection() as connection:
        connection.execute("create table person (other int); create schema left_over; create table left_over.t (n int)")
    with pytest.raises(Fault) as caught:
        restore(other, tmp_path / "copy", packages=PACKAGES)
    assert caught.value.code == "DB-064"
    assert caught.value.params["count"] == 2
    restore(other, tmp_path / "copy", packages=PACKAGES, force=True)
    assert digest(other) == digest(filled)
    with other.connection() as connection:
        assert connection.execute("select to_regclass('left_over.t')").fetchone() == (None,)


def test_an_existing_target_is_never_overwritten(filled: Database, tmp_path: Path) -> None:
    """A second backup needs a name of its own."""
    backup(filled, tmp_path / "copy")
    with pytest.raises(Fault) as caught:
        backup(filled, tmp_path / "copy")
    assert caught.value.code == "DB-060"


def test_a_backup_that_fails_leaves_nothing(filled: Database, tmp_path: Path) -> None:
    """The reason is passed on, and no half-written folder stays."""
    with pytest.raises(Fault) as caught:
        backup(filled, tmp_path / "copy", jobs=0)
    assert caught.value.code == "DB-061"
    assert "jobs" in str(caught.value.params["reason"])
    assert not any("copy" in path.name for path in tmp_path.iterdir())
    (tmp_path / "file").write_text("")
    with pytest.raises(Fault) as below:
        backup(filled, tmp_path / "file" / "copy")
    assert below.value.code == "DB-061"


def test_a_restore_that_fails_leaves_the_database_empty(filled: Database, other: Database, tmp_path: Path) -> None:
    """A dump that PostgreSQL cannot read though its manifest agrees: the reason is given and a retry is possible."""
    copy = tmp_path / "copy"
    backup(filled, copy)
    data = max((copy / "dump").glob("*.dat.gz"), key=lambda path: path.stat().st_size)
    data.write_bytes(data.read_bytes()[:200])
    values = json.loads((copy / manifest.NAME).read_text())
    entry = manifest.entries_of(copy)[f"dump/{data.name}"]
    values["files"][f"dump/{data.name}"] = {"size": entry.size, "sha256": entry.sha256}
    (copy / manifest.NAME).write_text(json.dumps(values))
    for _ in range(2):
        with pytest.raises(Fault) as caught:
            restore(other, copy, packages=PACKAGES)
        assert caught.value.code == "DB-065"


def test_missing_rows_are_noticed(filled: Database, other: Database, tmp_path: Path) -> None:
    """A manifest that promises more than the dump holds is a fault that names the table."""
    copy = tmp_path / "copy"
    backup(filled, copy)
    values = json.loads((copy / manifest.NAME).read_text())
    values["tables"]["public.person"] = 11
    (copy / manifest.NAME).write_text(json.dumps(values))
    with pytest.raises(Fault) as caught:
        restore(other, copy, packages=PACKAGES)
    assert caught.value.code == "DB-066"
    assert caught.value.params == {"table": "public.person", "wanted": 11, "found": 10}


def test_a_backup_of_a_later_program_is_refused(
    filled: Database, other: Database, tmp_path: Path, packages: Path
) -> None:
    """This program would not know what the tables mean."""
    backup(filled, tmp_path / "copy")
    (packages / "0001_pre_begin.sql").rename(packages / "0002_pre_begin.sql")
    with pytest.raises(Fault) as caught:
        restore(other, tmp_path / "copy", packages=PACKAGES)
    assert caught.value.code == "DB-067"


def test_a_password_is_not_among_the_arguments(
    other: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody on the machine can read a process's arguments."""
    seen: list[list[str]] = []
    real = subprocess.Popen

    def watch(command: list[str], **options: Any) -> Any:
        seen.append(command)
        return real(command, **options)

    monkeypatch.setattr(subprocess, "Popen", watch)
    password = str(conninfo_to_dict(other.url).get("password") or "open sesame")
    backup(Database(make_conninfo(other.url, password=password)), tmp_path / "copy")
    assert seen
    assert password not in str(seen)
    assert str(conninfo_to_dict(other.url)["dbname"]) in str(seen)


def test_what_lies_beside_the_database_is_part_of_the_backup(filled: Database, tmp_path: Path) -> None:
    """Originals: they are verified like the dump, and a change of one is found."""

    def beside(folder: Path) -> None:
        (folder / "blobs" / "ab").mkdir(parents=True)
        (folder / "blobs" / "ab" / "abcd.zst").write_bytes(b"original")

    backup(filled, tmp_path / "copy", beside=beside)
    assert "blobs/ab/abcd.zst" in verify(tmp_path / "copy").files
    (tmp_path / "copy" / "blobs" / "ab" / "abcd.zst").write_bytes(b"another!")
    with pytest.raises(Fault, match="DB-063"):
        verify(tmp_path / "copy")
