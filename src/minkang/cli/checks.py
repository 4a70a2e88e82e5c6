"""What `minkang doctor` looks at."""

from __future__ import annotations

import os
import platform as system
import shutil
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from minkang import __version__
from minkang.access import program_access
from minkang.db import Notice
from minkang.errors import Fault
from minkang.records.counts import count_by_type
from minkang.settings import Settings
from minkang.wiring import Platform, open_platform
from minkang.wording import language_of_terminal

LEAST_FREE = 5 << 30
_DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


@dataclass(frozen=True)
class Check:
    """One point: what was looked at (a key of the wordings), how it stands, and what was seen."""

    key: str
    state: Literal["ok", "warning", "fault"]
    detail: str


def checks(settings: Settings, notice: Notice) -> Iterator[Check]:
    """Look at everything an installation needs, without changing it; the first fault of the database ends the list."""
    yield Check("program", "ok", f"Minkang {__version__}, Python {system.python_version()}, {system.platform()}")
    yield _home(settings)
    yield from _keys(settings)
    try:
        with closing(open_platform(settings, notice=notice)) as opened:
            yield from _database(opened)
    except Fault as fault:
        language = language_of_terminal()
        yield Check("database", "fault", f"{fault.code} {fault.text(language)} {fault.advice(language)}")


def _home(settings: Settings) -> Check:
    if not settings.home.is_dir():
        return Check("home", "fault", f"{settings.home}: —")
    free = shutil.disk_usage(settings.home).free
    writable = os.access(settings.home, os.W_OK)
    state: Literal["ok", "warning", "fault"] = "ok" if free > LEAST_FREE else "warning"
    return Check("home", state if writable else "fault", f"{settings.home}: {free / 2**30:.1f} GiB")


def _keys(settings: Settings) -> Iterator[Check]:
    for file in sorted((settings.home / "keys").glob("*")) if (settings.home / "keys").is_dir() else ():
        mode = stat.S_IMODE(file.stat().st_mode)
        yield Check("key", "ok" if mode & 0o077 == 0 else "fault", f"{file.name}: {mode:o}")


def _database(opened: Platform) -> Iterator[Check]:
    kind = "embedded" if opened.settings.embedded else "external"
    with opened.database.connection() as connection:
        version = connection.execute("SELECT current_setting('server_version')").fetchone()
        durable = {name: connection.execute("SELECT current_setting(%s)", [name]).fetchone() for name in _DURABLE}
    yield Check("database", "ok", f"PostgreSQL {version[0] if version else '?'} ({kind})")
    for name, wanted in _DURABLE.items():
        row = durable[name]
        value = row[0] if row else ""
        yield Check("durable", "ok" if value == wanted else "warning", f"{name} = {value}")
    opened.check()
    yield Check("migrations", "ok", "—")
    counts = count_by_type(opened.database, opened.audit, program_access("doctor"))
    listed = ", ".join(f"{one.type} {one.count:,}" for one in counts[:6])
    yield Check("records", "ok", f"{sum(one.count for one in counts):,} ({listed or '—'})")
