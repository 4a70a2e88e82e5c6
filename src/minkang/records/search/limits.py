"""How much one search may bring."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a search; each has a clear answer when it is met.

    Attributes:
        count: records a page where the caller does not say.
        most: records a page at most; more are asked for in vain, not refused (R4 search.html 3.1.1.5.3).
        included: records that `_include` and `_revinclude` may bring to one page; over it, `RECORDS-041`.
        rounds: how often `:iterate` follows references.
        sorted: records that are sorted by reading them (tokens, references); over it, `RECORDS-042`.
        codes: codes that a value set may stand for in a search; over it, `RECORDS-045`.
    """

    count: int = 20
    most: int = 1000
    included: int = 5000
    rounds: int = 10
    sorted: int = 5000
    codes: int = 10_000


LIMITS = Limits()
