"""The account the embedded server runs as, and how its commands are run.

PostgreSQL refuses to run as root, rightly: whoever could trick it into running something would have everything. Started
by root, the server therefore runs as a system account of its own; started by anyone else, as that person.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minkang.errors import Fault

SYSTEM_ACCOUNT = "minkang"
LAST_RESORT = "nobody"


@dataclass(frozen=True)
class Account:
    """Whom the server runs as.

    Attributes:
        name: its name in the system's list of accounts.
        uid, gid: its numbers.
        switch: whether commands have to change to it, which only root may.
    """

    name: str
    uid: int
    gid: int
    switch: bool

    def run(
        self, command: Sequence[str | Path], *, text: str = "", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as this account, from the root folder, in a session of its own (Ctrl-C does not reach it).

        Raises:
            OSError: the account cannot reach or run the program.
        """
        change: dict[str, Any] = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}
        return subprocess.run(
            [str(part) for part in command],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=plain_environment() | (env or {}),
            start_new_session=True,
            **change,
        )

    def reaches(self, folder: Path) -> bool:
        """Whether this account can enter the folder. The system is asked; modes and access lists are not guessed at."""
        return self.run(["/bin/sh", "-c", 'cd "$1"', "sh", folder]).returncode == 0

    def give(self, place: Path, mode: int) -> None:
        """Make a file or folder that we have just made this account's."""
        place.chmod(mode)
        if self.switch:
            os.chown(place, self.uid, self.gid)


def plain_environment() -> dict[str, str]:
    """The environment without what would steer PostgreSQL's programs elsewhere, with messages in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}


def account_for(data: Path, wanted: str | None = None) -> Account:
    """The account to run the server on `data` as.

    An ordinary user runs it as herself. Root keeps to the owner of data that are already there, so that a home made by
    one user stays hers; new data go to `wanted`, else to `minkang`, which is made where the system has a tool for
    it, else to `nobody`.

    Raises:
        Fault: `DB-009` when the data belong to somebody else; `DB-007` when root finds no account to use.
    """
    me = os.geteuid()
    owner = data.stat().st_uid if data.exists() else None
    if me != 0:
        if owner not in {None, me}:
            raise Fault("DB-009", folder=data, owner=_name(owner or 0), user=_name(me))
        return Account(_name(me), me, os.getegid(), switch=False)
    if owner:
        return _known(_name(owner), owner, data.stat().st_gid)
    for name in (wanted, SYSTEM_ACCOUNT) if wanted else (SYSTEM_ACCOUNT,):
        found = _look_up(name) or _create(name)
        if found:
            return found
    last = _look_up(LAST_RESORT)
    if last is None:
        raise Fault("DB-007", account=wanted or SYSTEM_ACCOUNT)
    return last


def _known(name: str, uid: int, gid: int) -> Account:
    return Account(name, uid, gid, switch=True)


def _look_up(name: str) -> Account | None:
    try:
        line = pwd.getpwnam(name)
    except KeyError:
        return None
    return _known(name, line.pw_uid, line.pw_gid) if line.pw_uid else None


def _create(name: str) -> Account | None:
    """Make a system account that nobody can log in to, with the first tool that this system has."""
    homeless = ["--no-create-home", "--shell", "/bin/false"]
    attempts = (
        ["useradd", "--system", "--user-group", "--home-dir", "/nonexistent", *homeless],
        ["adduser", "--system", "--group", "--home", "/nonexistent", *homeless],
        ["adduser", "-S", "-D", "-H", "-h", "/nonexistent", "-s", "/bin/false"],  # BusyBox
    )
    for command in attempts:
        tool = shutil.which(command[0], path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if tool:
            subprocess.run([tool, *command[1:], name], capture_output=True, check=False, env=plain_environment())
            found = _look_up(name)
            if found:
                return found
    return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
