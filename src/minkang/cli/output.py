"""What a command says: words and tables for people, one JSON object for programs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from minkang.errors import Fault, Faults
from minkang.wording import Language, language_of_terminal, say

PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Output:
    """Where a command speaks.

    Attributes:
        as_json: whether the result is printed as one JSON object on standard output.
        language: of everything printed for people.
        console: standard output; `aside` is standard error, where progress and faults go.
    """

    as_json: bool
    language: Language
    console: Console
    aside: Console
    _told: dict[str, float] = field(default_factory=dict)

    def say(self, key: str, **params: object) -> None:
        """One line for people; nothing with `--json`."""
        if not self.as_json:
            self.console.print(say(key, self.language, **params), highlight=False)

    def word(self, key: str) -> str:
        """A wording in this run's language."""
        return say(key, self.language)

    def notice(self, key: str, /, **params: object) -> None:
        """What is being waited for, on standard error; a count that runs on is told once a second."""
        now = time.monotonic()
        if now - self._told.get(key, -PAUSE_SECONDS) < PAUSE_SECONDS:
            return
        self._told[key] = now
        self.aside.print(say(key, self.language, **params), style="dim", highlight=False)

    def result(self, values: Mapping[str, Any]) -> None:
        """The result for programs; nothing without `--json`."""
        if self.as_json:
            self.console.out(json.dumps(values, ensure_ascii=False, default=str))

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table for people; `heads` are keys of wordings."""
        if self.as_json:
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for head in heads:
            table.add_column(say(head, self.language))
        for row in rows:
            table.add_row(*map(str, row))
        self.console.print(table)

    def grid(self, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table whose heads are names of data and not words of ours; values are shown as they are."""
        table = Table(*map(escape, heads), box=None, pad_edge=False, header_style="bold")
        for row in rows:
            table.add_row(*("" if value is None else escape(str(value)) for value in row))
        self.console.print(table)

    def refuse(self, fault: Fault) -> None:
        """A fault with its code, place and advice."""
        faults = fault.faults if isinstance(fault, Faults) else [fault]
        if self.as_json:
            listed = [{"code": one.code, "where": one.where, "text": one.text("en")} for one in faults]
            self.console.out(json.dumps({"faults": listed}, ensure_ascii=False))
        for one in faults:
            self.aside.print(f"{one.code}  {one.text(self.language)}", style="red", highlight=False, markup=False)
            self.aside.print(f"  → {one.advice(self.language)}", highlight=False, markup=False)

    def remark(self, fault: Fault) -> None:
        """Something worth knowing that does not stop the work."""
        self.aside.print(f"{fault.code}  {fault.text(self.language)}", style="yellow", highlight=False, markup=False)

    @contextmanager
    def progress(self, key: str, total: float | None, *, as_bytes: bool = False) -> Iterator[Advance]:
        """A bar on standard error while the block runs; the block reports how far it has come."""
        columns = [SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}")]
        if as_bytes:
            columns.insert(3, DownloadColumn())
        columns.append(TimeRemainingColumn())
        with Progress(*columns, console=self.aside, transient=True, refresh_per_second=4) as bar:
            task = bar.add_task(say(key, self.language), total=total, note="")
            yield Advance(bar, task)


@dataclass(frozen=True)
class Advance:
    """Moves a progress bar."""

    _bar: Progress
    _task: Any

    def to(self, done: float, note: str = "") -> None:
        """How far the work has come, and a note beside the bar."""
        self._bar.update(self._task, completed=done, note=note)


def output(*, as_json: bool = False) -> Output:
    """The output of this run."""
    return Output(as_json, language_of_terminal(), Console(soft_wrap=True), Console(stderr=True, soft_wrap=True))
