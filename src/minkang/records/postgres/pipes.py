"""Statements sent together, answered together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection, OperationalError


@contextmanager
def together(connection: Connection[Any]) -> Iterator[None]:
    """Send the statements of the block in one round trip, as far as none waits for another's rows.

    When the server goes away in the block, the driver cannot close the pipeline in order and complains of that; here
    the first error is raised, which says what happened.
    """
    try:
        with connection.pipeline():
            yield
    except OperationalError as error:
        first = error.__context__
        if isinstance(first, OperationalError):
            raise first from error
        raise
