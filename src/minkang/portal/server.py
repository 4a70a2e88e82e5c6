"""The server process: Granian with workers that each load `minkang.portal.wsgi`."""

from __future__ import annotations

import os

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

from minkang.settings import Settings

STOP_SECONDS = 20
_KEEP_ALIVE_SECONDS = 75


def serve(settings: Settings, *, log: bool = True) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are finished within `STOP_SECONDS`.

    Args:
        settings: address, port, workers and threads. The workers read the same environment, so these must be the
            settings it holds.
        log: whether Granian logs starts and stops of workers.
    """
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    Granian(
        "minkang.portal.wsgi:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        # Waiting requests beyond this are refused at the socket rather than kept for minutes.
        backpressure=settings.threads * 32,
        http1_settings=HTTP1Settings(keep_alive=True),
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_enabled=log,
        process_name=None,
    ).serve()
