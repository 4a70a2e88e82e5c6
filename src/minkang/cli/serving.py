"""Starting a platform: preparing it, serving it, and filling one for a demonstration.

Apart from `running`, because Django, Granian and numpy take a second to import that other commands need not wait for.
"""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from minkang.access import program_access
from minkang.cli.loading import Loader
from minkang.cli.output import Output
from minkang.cli.working import kept_worker
from minkang.errors import Fault
from minkang.portal.accounts.people import ensure_demo_accounts
from minkang.portal.accounts.project import prepare_tables
from minkang.portal.server import serve as serve_platform
from minkang.records.counts import count_by_type
from minkang.settings import Settings, read_settings
from minkang.synth.sample import sample
from minkang.wiring import Platform, open_platform

DEMO_CLIENT = "demo"


@contextmanager
def prepared(settings: Settings, out: Output) -> Iterator[Platform]:
    """The platform, with all migrations run, closed at the end of the block."""
    with closing(open_platform(settings, notice=out.notice, prepare=True)) as platform:
        prepare_tables(platform)
        yield platform


def start(out: Output) -> None:
    """Serve until stopped."""
    settings = read_settings()
    _require_free_port(settings)
    with prepared(settings, out) as platform:  # Held open, so that the embedded database does not stop in between.
        out.say("serve.address", address=settings.base_url)
        platform.database.close()  # The workers are forked: they must not inherit connections.
        with kept_worker():
            serve_platform(settings)


def start_demo(out: Output, people: int, seed: int) -> None:
    """Serve a synthetic county until stopped."""
    settings = read_settings()
    _require_free_port(settings)
    begun = time.monotonic()
    with prepared(settings, out) as platform:
        _fill(platform, out, people, seed)
        name, password = ensure_demo_accounts(platform, renew=True)
        secret = _demo_client(platform)
        out.say("demo.ready", seconds=f"{time.monotonic() - begun:.0f}")
        out.say("demo.logins", address=settings.base_url, name=name, password=password)
        out.say("demo.client", address=f"{settings.base_url}/fhir", id=DEMO_CLIENT, secret=secret)
        out.say("demo.synthetic")
        platform.database.close()  # As in `start`.
        with kept_worker():
            serve_platform(settings, log=False)


def _require_free_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise Fault("CLI-001", host=settings.host, port=settings.port, reason=error.strerror) from error


def _fill(platform: Platform, out: Output, people: int, seed: int) -> None:
    access = program_access("demo")
    kept = sum(one.count for one in count_by_type(platform.database, platform.audit, access))
    if kept:
        out.say("demo.kept", records=f"{kept:,}", home=platform.settings.home)
        return
    with tempfile.TemporaryDirectory(prefix="minkang-") as folder:
        out.say("demo.synth", people=f"{people:,}")
        sample(people, seed, folder)
        files = sorted(Path(folder).glob("*.ndjson"))
        rejects = platform.settings.home / "demo-rejects.ndjson"
        loader = Loader(platform.repository, access, rejects)
        with out.progress("load.progress", sum(file.stat().st_size for file in files), as_bytes=True) as advance:
            loader.run(files, advance)
    report = loader.report
    if report.rejected:
        raise Fault("CLI-002", count=report.rejected, file=rejects)
    out.say("demo.loaded", records=f"{report.created:,}", rate=f"{report.created / loader.seconds:,.0f}")


def _demo_client(platform: Platform) -> str:
    if platform.clients.find(DEMO_CLIENT):
        return platform.clients.renew_secret(DEMO_CLIENT)
    return platform.clients.add(DEMO_CLIENT, "Demo", "system/*.cruds")[1]
