"""Telling whoever waits what is going on."""

from __future__ import annotations

from typing import Protocol


class Notice(Protocol):
    """Takes a key of `words.toml` and its parameters; a door words it (`say(key, language, **params)`) and shows it."""

    def __call__(self, key: str, /, **params: object) -> None:
        """Show it."""


def silent(key: str, /, **params: object) -> None:
    """A notice nobody wants to see."""
