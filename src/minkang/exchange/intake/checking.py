"""Checks of resources, each body once: most messages of a sender repeat the same patient, ward and doctor."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from itertools import islice
from typing import Any

import msgspec

from minkang.records.bulk import Ready, prepare
from minkang.records.repository import Incoming

MOST = 50_000
"""Bodies remembered, by 16 bytes each; the older half is forgotten when there are more."""


def ready_of(body: dict[str, Any], at: datetime) -> Ready:
    """A resource checked and indexed; raises the fault of what is wrong with it."""
    return _checked(msgspec.json.encode(body), at)


def _checked(body: bytes, at: datetime) -> Ready:
    ready, rejected = prepare([Incoming(body)], at)
    if rejected:
        raise rejected[0].fault
    return ready[0]


class Checks:
    """Remembers which bodies passed. Not for several threads at once."""

    def __init__(self) -> None:
        self._at: datetime | None = None
        self._batch: dict[bytes, Ready] = {}
        self._passed: dict[bytes, None] = {}

    def check(self, body: dict[str, Any], at: datetime) -> Ready | None:
        """Check a resource.

        Args:
            at: the time of the batch it would be stored with.

        Returns:
            The resource, indexed; None where the same body passed in an earlier batch: most are not stored again, and
            one that is will be indexed then (`ready_of`).

        Raises:
            Fault: of what is wrong with it.
        """
        if at != self._at:
            self._at, self._batch = at, {}
        raw = msgspec.json.encode(body)
        digest = blake2b(raw, digest_size=16).digest()
        ready = self._batch.get(digest)
        if ready is None and digest not in self._passed:
            ready = self._batch[digest] = _checked(raw, at)
            self._remember(digest)
        return ready

    def _remember(self, digest: bytes) -> None:
        if len(self._passed) >= MOST:
            self._passed = dict.fromkeys(islice(self._passed, MOST // 2, None))
        self._passed[digest] = None
