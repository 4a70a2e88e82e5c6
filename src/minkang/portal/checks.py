"""What is looked at to say whether an installation is sound: by `minkang doctor`, and by the page of system health."""

from __future__ import annotations

import os
import platform as system
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from minkang import __version__
from minkang.access import Access
from minkang.records.counts import count_by_type
from minkang.settings import Settings
from minkang.wiring import Platform

LEAST_FREE = 5 << 30
_DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
Standing = Literal["ok", "warning", "fault"]


@dataclass(frozen=True)
class Check:
    """One point: what was looked at (a key of the wordings, `doctor.…`), how it stands, and what was seen."""

    key: str
    state: Standing
    detail: str


def installation_checks(settings: Settings) -> Iterator[Check]:
    """Program, data folder and keys."""
    yield Check("program", "ok", f"Minkang {__version__}, Python {system.python_version()}, {system.platform()}")
    yield _home(settings)
    yield from _keys(settings)


def database_checks(opened: Platform, access: Access) -> Iterator[Check]:
    """Database, durability, migrations and records.

    Raises:
        Fault: of a database that cannot be used.
    """
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
    counts = count_by_type(opened.database, opened.audit, access)
    listed = ", ".join(f"{one.type} {one.count:,}" for one in counts[:6])
    yield Check("records", "ok", f"{sum(one.count for one in counts):,} ({listed or '—'})")


def _home(settings: Settings) -> Check:
    if not settings.home.is_dir():
        return Check("home", "fault", f"{settings.home}: —")
    free = shutil.disk_usage(settings.home).free
    writable = os.access(settings.home, os.W_OK)
    state: Standing = "ok" if free > LEAST_FREE else "warning"
    return Check("home", state if writable else "fault", f"{settings.home}: {free / 2**30:.1f} GiB")


def _keys(settings: Settings) -> Iterator[Check]:
    for file in sorted((settings.home / "keys").glob("*")) if (settings.home / "keys").is_dir() else ():
        mode = stat.S_IMODE(file.stat().st_mode)
        yield Check("key", "ok" if mode & 0o077 == 0 else "fault", f"{file.name}: {mode:o}")
