"""Locks between processes, held by the kernel: they go when their holder does, however it ended."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from minkang.db.notices import Notice
from minkang.errors import Fault

POLL_SECONDS = 0.02
NOTICE_AFTER_SECONDS = 2.0


class FileLock:
    """A lock on a file, shared or exclusive.

    It belongs to the open file: closing gives it up, and so does the end of the last process that has it open. A fork
    shares it, so a forked worker keeps a lease alive; it is never unlocked by hand, which would take it from all.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self._file: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object has the lock."""
        return self._file is not None

    def take(self, *, shared: bool) -> bool:
        """Take the lock if it is free now."""
        file = os.open(self.place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _belong_to_folder(file, self.place.parent)
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        except BaseException:
            os.close(file)
            raise
        self._file = file
        return True

    def wait(self, *, seconds: float, notice: Notice) -> None:
        """Take the lock exclusively, waiting for its turn.

        Raises:
            Fault: `DB-006` when it is not free within `seconds`.
        """
        begun = time.monotonic()
        told = False
        while not self.take(shared=False):
            waited = time.monotonic() - begun
            if waited > seconds:
                raise Fault("DB-006", seconds=round(waited), lock=self.place)
            if not told and waited > NOTICE_AFTER_SECONDS:
                notice("db.waiting")
                told = True
            time.sleep(POLL_SECONDS)

    def release(self) -> None:
        """Give the lock up; nothing happens when it is not held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _belong_to_folder(file: int, folder: Path) -> None:
    """What root leaves in somebody's home stays hers, or she could not start her own server again."""
    if os.geteuid() == 0:
        owner = folder.stat()
        if os.fstat(file).st_uid != owner.st_uid:
            os.fchown(file, owner.st_uid, owner.st_gid)
