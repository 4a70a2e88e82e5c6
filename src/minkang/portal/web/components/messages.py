"""What a page says: an answer to what was done, an empty place, a question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from minkang.errors import Fault, Language

Tone = Literal["plain", "good", "risk", "bad"]
_MARKS = {"plain": "", "good": "▲", "risk": "◆", "bad": "■"}


@dataclass(frozen=True)
class Message:
    """What happened, what to do, and the fault's code where there is one."""

    template: ClassVar[str] = "components/message.html"
    text: str
    tone: Tone = "plain"
    advice: str = ""
    code: str = ""

    @classmethod
    def of(cls, fault: Fault, language: Language) -> Message:
        """A fault in words."""
        return cls(fault.text(language), "bad", fault.advice(language), fault.code)

    @property
    def mark(self) -> str:
        """The shape of its tone."""
        return _MARKS[self.tone]


@dataclass(frozen=True)
class Empty:
    """Why there is nothing here, and the one next step."""

    template: ClassVar[str] = "components/empty.html"
    why: str
    step: str = ""
    address: str = ""


@dataclass(frozen=True)
class Dialog:
    """A plain question before what cannot be undone: opened by a button, answered by a form.

    Without scripts the question stands in the page, folded.
    """

    template: ClassVar[str] = "components/dialog.html"
    id: str
    opener: str
    title: str
    text: str
    action: str
    confirm: str
    fields: tuple[tuple[str, str], ...] = ()
