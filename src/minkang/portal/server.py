"""The server process: Granian with workers that each load `minkang.portal.wsgi`."""

from __future__ import annotations

import os
import signal

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

from minkang.db import Notice, silent
from minkang.settings import Settings
from minkang.wiring import open_platform

STOP_SECONDS = 20


def serve(settings: Settings, *, notice: Notice = silent, log: bool = True) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are finished within `STOP_SECONDS`.

    The platform is opened here first, so that what keeps it from working is said once and not by each worker; the
    share in the embedded database is kept while workers come and go.

    Args:
        settings: address, port, workers and threads. The workers read the same environment, so these must be the
            settings it holds.
        notice: told what takes a while.
        log: whether Granian logs starts and stops of workers.

    Raises:
        Fault: what `open_platform` raises.
    """
    platform = open_platform(settings, notice=notice)
    # Workers are forked: no connection of this process may be open in them.
    platform.database.close()
    os.register_at_fork(after_in_child=_end_when_told)
    try:
        Granian(
            "minkang.portal.wsgi:application",
            address=settings.host,
            port=settings.port,
            interface=Interfaces.WSGI,
            workers=settings.workers,
            blocking_threads=settings.threads,
            # Requests beyond this wait at the socket rather than in memory.
            backpressure=settings.threads * 32,
            http1_settings=HTTP1Settings(keep_alive=True),
            websockets=False,
            respawn_failed_workers=True,
            workers_kill_timeout=STOP_SECONDS,
            log_enabled=log,
        ).serve()
    finally:
        platform.close()


def _end_when_told() -> None:
    """Until Granian has set a worker's handlers it has those of the parent, which would swallow a stop meanwhile."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
