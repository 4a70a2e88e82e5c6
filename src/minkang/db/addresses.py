"""Connection strings taken apart, for those who want host, user and database one by one."""

from __future__ import annotations

import psycopg
from psycopg.conninfo import conninfo_to_dict

from minkang.errors import Fault


def address_parts(url: str) -> dict[str, str]:
    """The parameters of a connection string (`postgresql://…` or `key=value …`) by their libpq names.

    Raises:
        Fault: `DB-029` when it cannot be read.
    """
    try:
        return {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.ProgrammingError as error:
        raise Fault("DB-029", reason=str(error).strip().splitlines()[0]) from error
