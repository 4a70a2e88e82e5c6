"""The worker: a thread with an event loop of its own, in which Procrastinate takes jobs one after another."""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress

from minkang.jobs.board import SQL
from minkang.jobs.queue import Jobs

AGAIN_SECONDS = 2.0
SILENCE_SECONDS = 60.0
_log = logging.getLogger("minkang.jobs")


class Worker:
    """Takes jobs until it is stopped; where the database goes away it waits and begins again.

    Args:
        jobs: the tasks it knows.
        concurrency: how many jobs at once; each has a thread.
    """

    def __init__(self, jobs: Jobs, *, concurrency: int = 2) -> None:
        self._jobs = jobs
        self._concurrency = concurrency
        self._closing = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="minkang-jobs", daemon=True)

    def start(self) -> None:
        """Begin taking jobs."""
        self._thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """Let the jobs under way end, for so long; those that do not are begun again by another worker."""
        self._closing.set()
        if self._loop and self._running:
            with suppress(RuntimeError):  # The loop may have ended meanwhile.
                self._loop.call_soon_threadsafe(self._running.cancel)
        self._thread.join(seconds)

    def work_once(self) -> None:
        """Do all jobs that wait now, and return."""
        asyncio.run(self._take(wait=False))

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                asyncio.run(self._take(wait=True))
            except asyncio.CancelledError:
                return
            except Exception as error:  # noqa: BLE001  a worker that dies unseen would leave jobs waiting for ever
                _log.warning("jobs wait: %s", type(error).__name__)
                self._closing.wait(AGAIN_SECONDS)

    async def _take(self, *, wait: bool) -> None:
        self._loop, self._running = asyncio.get_running_loop(), asyncio.current_task()
        async with self._jobs.app.open_async():
            await self._take_up()
            await self._jobs.app.run_worker_async(
                wait=wait,
                concurrency=self._concurrency,
                install_signal_handlers=False,
                shutdown_graceful_timeout=10.0,
                delete_jobs="successful",
            )

    async def _take_up(self) -> None:
        """Put back the jobs of workers that died."""
        manager = self._jobs.app.job_manager
        with self._jobs.database.singly() as connection:
            lost = connection.execute(SQL["abandon"], {"silence": SILENCE_SECONDS}).fetchall()
        for number, name in lost:
            _log.warning("%s (%s) is begun again: its worker died", name, number)
            with suppress(Exception):  # Another worker was quicker.
                job = next(iter(await manager.list_jobs_async(id=number)))
                await manager.retry_job(job)
