"""The application that Granian's workers load: the platform of the environment's settings, opened in this process."""

from __future__ import annotations

import atexit

from minkang.portal.doors import Doors
from minkang.settings import read_settings
from minkang.wiring import open_platform

_platform = open_platform(read_settings())
application = Doors(_platform)
application.start()
atexit.register(_platform.close)
atexit.register(application.stop)
