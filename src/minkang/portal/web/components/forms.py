"""Fields of forms: label, input, unit, hint, the last value, and the error beside the field; what was typed stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

Kind = Literal["text", "number", "date", "search", "password", "email", "choice", "options", "yes", "lines", "source"]
Choice = tuple[str, str]
"""Value and words."""


@dataclass(frozen=True)
class Field:
    """One question.

    Attributes:
        name: of the input.
        label: the question.
        kind: `choice` is a list to unfold, `options` shows all answers, `yes` is one box, `lines` takes several lines,
            `source` many lines of code or of a message.
        value: what stands in it: what was typed, else what is known.
        error: what is wrong with it, in words; the field is marked and described by it.
        hint: what helps before typing.
        last: the last known value, shown grey beside the field.
    """

    template: ClassVar[str] = "components/field.html"
    name: str
    label: str
    kind: Kind = "text"
    value: str = ""
    error: str = ""
    hint: str = ""
    unit: str = ""
    last: str = ""
    choices: Sequence[Choice] = ()
    required: bool = False
    autocomplete: str = "off"
    prefix: str = "id_"

    @property
    def id(self) -> str:
        """The id of its input."""
        return f"{self.prefix}{self.name}"

    @property
    def described(self) -> str:
        """The ids of what describes it."""
        return " ".join(f"{self.id}-{part}" for part in ("error", "hint") if getattr(self, part))

    @property
    def input(self) -> str:
        """The `type` of its input; numbers are typed as text with a keypad, because spinners change what is typed."""
        return {"number": "text", "date": "date", "search": "search", "password": "password", "email": "email"}.get(
            self.kind, "text"
        )


@dataclass(frozen=True)
class FormErrors:
    """The head of a form that was refused: how many errors, each leading to its field."""

    template: ClassVar[str] = "components/form_errors.html"
    errors: Mapping[str, str] = field(default_factory=dict)
    prefix: str = "id_"
