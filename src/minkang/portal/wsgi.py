"""The application that Granian's workers load: the platform of the environment's settings, opened in this process."""

from __future__ import annotations

import gc
from multiprocessing.util import Finalize

from minkang.portal.doors import Doors
from minkang.settings import read_settings
from minkang.wiring import open_platform

_platform = open_platform(read_settings())
application = Doors(_platform)
application.start()

# What was made until now stays for good, and a request makes tuples by the thousand but hardly a cycle.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 50)


def _close() -> None:
    application.stop()
    _platform.close()


# A worker is a process of multiprocessing, which ends without running what `atexit` holds.
Finalize(None, _close, exitpriority=10)
