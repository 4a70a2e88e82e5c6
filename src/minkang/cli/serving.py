"""Starting a platform: preparing it and serving it.

Apart from `running`, because Django, Granian and numpy take a second to import that other commands need not wait for.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

from minkang.cli.output import Output
from minkang.cli.working import kept_worker
from minkang.errors import Fault
from minkang.portal.accounts.project import prepare_tables
from minkang.portal.server import serve as serve_platform
from minkang.settings import Settings, read_settings
from minkang.wiring import Platform, open_platform


@contextmanager
def prepared(settings: Settings, out: Output) -> Iterator[Platform]:
    """The platform, with all migrations run, closed at the end of the block."""
    with closing(open_platform(settings, notice=out.notice, prepare=True)) as platform:
        prepare_tables(platform)
        yield platform


def start(out: Output) -> None:
    """Serve until stopped."""
    settings = read_settings()
    require_free_port(settings)
    with prepared(settings, out) as platform:  # Held open, so that the embedded database does not stop in between.
        out.say("serve.address", address=settings.base_url)
        platform.database.close()  # The workers are forked: they must not inherit connections.
        with kept_worker():
            serve_platform(settings)


def require_free_port(settings: Settings) -> None:
    """See that the address is free before anything is prepared; raises `CLI-001`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise Fault("CLI-001", host=settings.host, port=settings.port, reason=error.strerror) from error
