"""Connections: committed or undone as a whole, and clear faults while the database is away."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests.conftest import SERVER_ACCOUNT, DatabaseServer, short_folder
from tests.db.clients import family, kill_all

from minkang.db import Database, Server, open_server, pool, postmaster, refusals
from minkang.errors import Fault


@pytest.fixture(scope="module")
def own_home() -> Iterator[Path]:
    """The home of a server that these tests may kill."""
    with short_folder() as home:
        yield home


@pytest.fixture
def mortal(own_home: Path) -> Iterator[Server]:
    """A server that a test may kill."""
    with open_server(own_home, account=SERVER_ACCOUNT) as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("create table if not exists kept (who text)")
            connection.execute("truncate kept")
        yield server


def kill(server: Server) -> None:
    found = postmaster.running(server.cluster.data)
    assert found
    kill_all(family(found.pid))


def count(database: Database, table: str = "kept") -> int:
    with database.connection() as connection:
        row = connection.execute(f"select count(*) from {table}").fetchone()
    assert row
    return int(row[0])


@pytest.fixture
def kept(empty_database: Database) -> Database:
    """A database with a table."""
    with empty_database.connection() as connection:
        connection.execute("create table kept (who text unique)")
    return empty_database


class TestTransactions:
    def test_a_block_is_committed_as_a_whole(self, kept: Database) -> None:
        """What a block wrote is seen by the next one."""
        with kept.connection() as connection:
            connection.execute("insert into kept values ('a'), ('b')")
        assert count(kept) == 2

    def test_a_block_that_raises_is_undone(self, kept: Database) -> None:
        """Nothing of it is kept, and the error comes out as it was."""
        with pytest.raises(ZeroDivisionError), kept.connection() as connection:  # noqa: PT012
            connection.execute("insert into kept values ('a')")
            raise ZeroDivisionError
        assert count(kept) == 0

    def test_what_the_caller_must_answer_for_passes_through(self, kept: Database) -> None:
        """A broken constraint is the driver's own error, and the connection is fit for the next block."""
        with pytest.raises(psycopg.errors.UniqueViolation), kept.connection() as connection:
            connection.execute("insert into kept values ('a'), ('a')")
        assert count(kept) == 0

    def test_connections_are_used_again(self, kept: Database) -> None:
        """One after the other, blocks need no new connections."""
        seen = set()
        for _ in range(20):
            with kept.connection() as connection:
                seen.add(connection.info.backend_pid)
        assert len(seen) <= 2

    def test_threads_share_the_pool(self, kept: Database) -> None:
        """More threads than connections all have their turn."""
        database = Database(kept.url, size=2)

        def write(number: int) -> None:
            for turn in range(20):
                with database.connection() as connection:
                    connection.execute("insert into kept values (%s)", (f"{number}-{turn}",))

        threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert count(database) == 120
        database.close()

    def test_a_forked_child_has_connections_of_its_own(self, kept: Database) -> None:
        """Parent and child go on at the same time, each on its own."""
        with kept.connection() as connection:
            mine = connection.info.backend_pid
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            with kept.connection() as connection:
                connection.execute("insert into kept values ('child')")
                os.write(writing, str(connection.info.backend_pid).encode())
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert int(os.read(reading, 20)) != mine
        os.close(reading)
        os.close(writing)
        assert count(kept) == 1

    def test_it_is_known_by_its_name_and_keeps_time_in_utc(self, kept: Database) -> None:
        """An administrator sees whose connections they are."""
        with Database(kept.url, name="minkang worker") as named, named.connection() as connection:
            row = connection.execute(
                "select current_setting('application_name'), current_setting('timezone'),"
                " current_setting('statement_timeout'), current_setting('lock_timeout')"
            ).fetchone()
        assert row == ("minkang worker", "UTC", "20s", "10s")


class TestLimits:
    def test_a_statement_that_takes_too_long_is_stopped(self, kept: Database) -> None:
        """The caller is told to narrow the request, and the connection works again."""
        database = Database(kept.url, size=1, statement_seconds=0.05)
        with pytest.raises(Fault) as caught, database.connection() as connection:
            connection.execute("select pg_sleep(5)")
        assert caught.value.code == "DB-023"
        assert count(database) == 0
        database.close()

    def test_a_lock_that_another_holds_too_long_is_given_up(self, kept: Database) -> None:
        """The waiting one is told to try again."""
        database = Database(kept.url, size=2, lock_seconds=0.05)
        with database.connection() as holder:
            holder.execute("lock table kept")
            with pytest.raises(Fault) as caught, database.connection() as waiting:
                waiting.execute("select 1 from kept")
        assert caught.value.code == "DB-024"
        database.close()

    def test_connections_that_are_all_in_use_are_waited_for_and_then_refused(
        self, kept: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A caller is told that all are busy, not that the database is away."""
        monkeypatch.setattr(pool, "BUSY_SECONDS", 0.1)
        database = Database(kept.url, size=1)
        with database.connection(), pytest.raises(Fault) as caught, database.connection():
            pass
        assert caught.value.code == "DB-025"
        database.close()


class TestAway:
    def test_a_database_that_dies_in_the_middle_writes_nothing_and_comes_back(self, mortal: Server) -> None:
        """The block fails with a fault, the next ones too while it is away, and then all is well without a restart."""
        database = Database(mortal.url, size=2)
        with database.connection() as connection:
            connection.execute("insert into kept values ('before')")
        with pytest.raises(Fault) as middle, database.connection() as connection:  # noqa: PT012
            connection.execute("insert into kept values ('half')")
            kill(mortal)
            connection.execute("insert into kept values ('other half')")
        with pytest.raises(Fault) as away, database.connection():
            pass
        mortal.revive()
        assert (middle.value.code, away.value.code) == ("DB-021", "DB-020")
        assert middle.value.category.status == away.value.category.status == 503
        assert count(database) == 1
        database.close()

    def test_a_commit_that_is_cut_off_is_said_to_be_unsure(self, mortal: Server) -> None:
        """Between the order to commit and its confirmation nobody can know."""
        database = Database(mortal.url, size=1)
        with pytest.raises(Fault) as caught, database.connection() as connection:  # noqa: PT012
            connection.execute("insert into kept values ('perhaps')")
            kill(mortal)
        assert caught.value.code == "DB-022"
        mortal.revive()
        assert count(database) == 0
        database.close()

    def test_a_restart_between_two_uses_is_not_noticed(self, mortal: Server) -> None:
        """Connections that died while they lay in the pool are replaced before anybody gets them."""
        database = Database(mortal.url, size=3)
        with database.connection(), database.connection(), database.connection():
            pass
        kill(mortal)
        mortal.revive()
        assert count(database) == 0
        database.close()

    def test_an_orderly_shutdown_in_the_middle_is_a_fault_too(self, kept: Database) -> None:
        """An administrator ends the connection."""
        with pytest.raises(Fault) as caught, kept.connection() as connection:  # noqa: PT012
            with kept.alone() as admin:
                admin.execute("select pg_terminate_backend(%s)", (connection.info.backend_pid,))
            connection.execute("select 1")
        assert caught.value.code == "DB-021"
        assert count(kept) == 0

    def test_a_database_that_was_never_there_is_said_at_once(self) -> None:
        """Nobody listens at that address: a caller hears that, the operator the reason too, both within a second."""
        database = Database("postgresql://nobody@127.0.0.1:1/none")
        with pytest.raises(Fault) as caller, database.connection():
            pass
        with pytest.raises(Fault) as operator:
            database.check()
        assert (caller.value.code, operator.value.code) == ("DB-020", "DB-030")
        assert "127.0.0.1" not in str(caller.value)
        assert "refused" in str(operator.value)
        database.close()


class TestServersItCannotUse:
    def test_an_older_server_is_refused(self, kept: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        """By its version, at the first use and at the check when the program starts."""
        monkeypatch.setattr(refusals, "OLDEST_SERVER", 990000)
        database = Database(kept.url)
        with pytest.raises(Fault) as first, database.connection():
            pass
        with pytest.raises(Fault) as checked:
            database.check()
        assert (first.value.code, checked.value.code) == ("DB-026", "DB-026")
        database.close()

    def test_a_database_in_another_encoding_is_refused(self, database_server: DatabaseServer) -> None:
        """Chinese names need UTF-8."""
        name = f"{database_server.prefix}_latin"
        with psycopg.connect(database_server.admin, autocommit=True) as connection:
            connection.execute(
                f"create database {name} template template0 encoding 'LATIN1' locale_provider libc locale 'C'"
                if connection.info.server_version >= 150000
                else f"create database {name} template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'"
            )
        with pytest.raises(Fault) as caught:
            Database(database_server.url_of(name)).check()
        database_server.drop(name)
        assert caught.value.code == "DB-027"

    @pytest.mark.parametrize("url", ["postgresql://[", "host=/tmp dbname", "postgresql://h/d?nonsense=1"])
    def test_an_address_that_cannot_be_read_is_refused(self, url: str) -> None:
        """A mistyped connection string is not a database that is away."""
        with pytest.raises(Fault) as caught:
            Database(url).check()
        assert caught.value.code == "DB-029"

    def test_an_unknown_database_or_user_is_refused(self, kept: Database) -> None:
        """What the server says is passed on."""
        for wrong in ({"dbname": "no_such_database"}, {"user": "no_such_user"}):
            with pytest.raises(Fault) as caught:
                Database(make_conninfo(kept.url, **wrong)).check()
            assert caught.value.code == "DB-029"
