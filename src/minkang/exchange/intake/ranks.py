"""Which of several statements about one resource stands, whatever the order they came in.

The rule is a maximum, and a maximum does not ask for order or repetition: of an object the store shows the content of
the highest content rank, marked as entered in error where the highest withdrawal rank is not below it. A withdrawal
that brings a body is a statement of content too, so that there is something to mark when nothing else ever comes.
"""

from __future__ import annotations

from minkang.exchange.message import Rank

_BETWEEN = "\x01"
"""Below every character of a rank, so that the joined text compares as the tuple does."""


def rank_text(rank: Rank, digest: bytes) -> str:
    """A rank as one text that compares as it does (by code points); the message's digest decides what is left equal.

    Args:
        rank: as the connector gave it.
        digest: SHA-256 of the message that states it.
    """
    texts = (f"{rank.authority:03d}", rank.at, rank.tie, digest[:8].hex())
    return _BETWEEN.join(text.replace("\0", "").replace(_BETWEEN, "") for text in texts)


def higher(one: str | None, other: str | None) -> str | None:
    """The higher of two ranks; None is below all."""
    if one is None or other is None:
        return one if other is None else other
    return max(one, other)


def stands(content: str | None, withdrawn: str | None) -> bool:
    """Whether content of this rank stands, against the highest withdrawal."""
    return withdrawn is None or (content is not None and content > withdrawn)
