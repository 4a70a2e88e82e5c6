"""What `minkang doctor` looks at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from minkang.access import program_access
from minkang.db import Notice
from minkang.errors import Fault
from minkang.portal.checks import Check, database_checks, installation_checks
from minkang.settings import Settings
from minkang.wiring import open_platform
from minkang.wording import language_of_terminal


def checks(settings: Settings, notice: Notice) -> Iterator[Check]:
    """Look at everything an installation needs, without changing it; the first fault of the database ends the list."""
    yield from installation_checks(settings)
    try:
        with closing(open_platform(settings, notice=notice)) as opened:
            yield from database_checks(opened, program_access("doctor"))
    except Fault as fault:
        language = language_of_terminal()
        yield Check("database", "fault", f"{fault.code} {fault.text(language)} {fault.advice(language)}")
