"""Migrations: each step once, in order, whole or not at all, whoever starts at the same time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.db.clients import ROOT

from minkang.db import Database, migrate, require_current, status
from minkang.errors import Fault

Write = Callable[[str, str], None]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place for packages of the test's own, `first_package` and `second_package`."""
    for package in ("first_package", "second_package"):
        (tmp_path / package / "migrations").mkdir(parents=True)
        (tmp_path / package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for package in ("first_package", "second_package"):
        sys.modules.pop(package, None)


@pytest.fixture
def write(folder: Path) -> Write:
    """Writes one migration file: `write("first_package/0001_pre_x", "create …")`."""

    def put(name: str, text: str) -> None:
        package, file = name.split("/")
        (folder / package / "migrations" / f"{file}.sql").write_text(text)

    return put


PACKAGES = ("first_package", "second_package")


def names(database: Database) -> list[str]:
    with database.connection() as connection:
        return [row[0] for row in connection.execute("select name from noted order by n")]


def test_steps_run_once_in_order(empty_database: Database, write: Write) -> None:
    """By package, then number, `pre` before `post`; a second run finds nothing to do; new steps run alone."""
    begin = "create table noted (n serial, name text); insert into noted(name) values('1');"
    write("first_package/0001_pre_begin", begin)
    write("first_package/0002_post_c", "insert into noted(name) values('3')")
    write("first_package/0002_pre_b", "insert into noted(name) values('2')")
    write("second_package/0001_pre_d", "insert into noted(name) values('4')")
    ran = migrate(empty_database, PACKAGES)
    assert [step.name for step in ran] == ["begin", "b", "c", "d"]
    assert migrate(empty_database, PACKAGES) == []
    write("first_package/0003_pre_e", "insert into noted(name) values('5')")
    assert [step.file for step in migrate(empty_database, PACKAGES)] == ["first_package/migrations/0003_pre_e.sql"]
    assert names(empty_database) == ["1", "2", "3", "4", "5"]


def test_a_step_that_fails_is_undone_whole_and_can_be_run_again(empty_database: Database, write: Write) -> None:
    """What ran before stays; the fault names the file and the reason."""
    write("first_package/0001_pre_begin", "create table noted (n serial, name text)")
    write("first_package/0002_pre_bad", "insert into noted(name) values('half'); insert into nowhere values(1);")
    with pytest.raises(Fault) as caught:
        migrate(empty_database, PACKAGES)
    assert caught.value.code == "DB-042"
    assert caught.value.where == "first_package/migrations/0002_pre_bad.sql"
    assert "nowhere" in str(caught.value.params["reason"])
    assert names(empty_database) == []
    write("first_package/0002_pre_bad", "insert into noted(name) values('whole')")
    assert len(migrate(empty_database, PACKAGES)) == 1
    assert names(empty_database) == ["whole"]


def test_a_changed_file_is_refused_but_not_its_line_ends(
    empty_database: Database, write: Write, folder: Path
) -> None:
    """A file that has run is fixed for good; a checkout on another system may change its line ends."""
    write("first_package/0001_pre_begin", "create table a (n int);\n")
    migrate(empty_database, PACKAGES)
    (folder / "first_package/migrations/0001_pre_begin.sql").write_bytes(b"create table a (n int);\r\n")
    assert migrate(empty_database, PACKAGES) == []
    write("first_package/0001_pre_begin", "create table a (n bigint);\n")
    for use in (migrate, require_current):
        with pytest.raises(Fault) as caught:
            use(empty_database, PACKAGES)
        assert caught.value.code == "DB-040"


def test_a_newer_database_is_refused(empty_database: Database, write: Write, folder: Path) -> None:
    """A program that does not know what ran must not touch it."""
    write("first_package/0001_pre_begin", "create table a (n int)")
    write("second_package/0001_pre_more", "create table b (n int)")
    migrate(empty_database, PACKAGES)
    (folder / "second_package/migrations/0001_pre_more.sql").unlink()
    with pytest.raises(Fault) as caught:
        migrate(empty_database, PACKAGES)
    assert caught.value.code == "DB-041"
    assert caught.value.params["step"] == "second_package 0001_pre_more"


def test_a_rollout_without_a_stop_runs_pre_first_and_post_later(empty_database: Database, write: Write) -> None:
    """`before_only` leaves `post` steps; a `pre` step behind an open `post` step is refused."""
    write("first_package/0001_pre_begin", "create table a (n int)")
    write("first_package/0002_post_end", "alter table a add column m int")
    assert [step.name for step in migrate(empty_database, PACKAGES, before_only=True)] == ["begin"]
    require_current(empty_database, PACKAGES)
    write("first_package/0003_pre_next", "create table b (n int)")
    with pytest.raises(Fault) as caught:
        migrate(empty_database, PACKAGES, before_only=True)
    assert caught.value.code == "DB-044"
    with pytest.raises(Fault) as behind:
        require_current(empty_database, PACKAGES)
    assert behind.value.code == "DB-045"
    assert [step.name for step in migrate(empty_database, PACKAGES)] == ["end", "next"]


@pytest.mark.parametrize("name", ["1_pre_x", "0001_x", "0001_mid_x", "0001_pre_Big"])
def test_a_badly_named_file_is_refused(write: Write, empty_database: Database, name: str) -> None:
    """A step that would silently never run is a fault."""
    write(f"first_package/{name}", "select 1")
    with pytest.raises(Fault) as caught:
        migrate(empty_database, PACKAGES)
    assert caught.value.code == "DB-043"


def test_a_number_is_given_once(write: Write, empty_database: Database) -> None:
    """Two files with one number and stage are a fault."""
    write("first_package/0001_pre_a", "select 1")
    write("first_package/0001_pre_b", "select 1")
    with pytest.raises(Fault) as caught:
        migrate(empty_database, PACKAGES)
    assert caught.value.code == "DB-043"


def test_status_tells_what_ran_and_what_did_not(empty_database: Database, write: Write) -> None:
    """Every step the program knows, in order; on a database that was never migrated none has run."""
    write("first_package/0001_pre_begin", "select 1")
    assert [step.at for step in status(empty_database, PACKAGES)] == [None]
    migrate(empty_database, PACKAGES)
    write("first_package/0002_pre_more", "select 1")
    done, open_step = status(empty_database, PACKAGES)
    assert done.at is not None
    assert (open_step.name, open_step.at) == ("more", None)


def test_processes_that_migrate_at_the_same_moment_take_turns(
    empty_database: Database, write: Write, folder: Path
) -> None:
    """Of four real processes one runs each step; none fails."""
    write("first_package/0001_pre_begin", "create table noted (n serial, name text)")
    write("first_package/0002_pre_slow", "select pg_sleep(0.2); insert into noted(name) values('once')")
    program = (
        "import sys; sys.path[:0] = sys.argv[2:]\n"
        "from minkang.db import Database, migrate\n"
        "print(len(migrate(Database(sys.argv[1]), ('first_package',))))"
    )
    command = [sys.executable, "-c", program, empty_database.url, str(ROOT / "src"), str(folder)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate(timeout=60)[0].strip() for process in running]
    assert sorted(said) == ["0", "0", "0", "2"]
    assert names(empty_database) == ["once"]
