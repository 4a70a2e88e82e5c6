"""Named SQL: statements live in `.sql` files beside the code that runs them, each with a name and a description.

    -- name: next_version
    -- The version number that the next write of this record gets.
    SELECT …
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

NAME = re.compile(r"--\s*name:\s*(.*?)\s*$")
GOOD_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True)
class Statement:
    """One statement: its name, what it is for, its text, and the line its name stands on."""

    name: str
    description: str
    text: str
    line: int


class Queries(Mapping[str, str]):
    """The statements of one file by name; `queries["next_version"]` is SQL text for `execute`."""

    def __init__(self, source: str, statements: Mapping[str, Statement]) -> None:
        self.source = source
        self.statements = statements

    @classmethod
    def read(cls, package: str, file: str) -> Queries:
        """Read a file of a package.

        Raises:
            ValueError: a name is bad, twice there or without SQL, or a description is missing; with file and line.
        """
        return cls.parse(files(package).joinpath(file).read_text("utf-8"), f"{package}/{file}")

    @classmethod
    def parse(cls, text: str, source: str = "") -> Queries:
        """Read the text of a file; raises as `read`."""
        statements: dict[str, Statement] = {}
        for statement in _split(text, source):
            if statement.name in statements:
                raise ValueError(f"{source}:{statement.line}: {statement.name} is there twice")
            statements[statement.name] = statement
        return cls(source, statements)

    def __getitem__(self, name: str) -> str:
        try:
            return self.statements[name].text
        except KeyError:
            raise KeyError(f"{self.source} has no statement {name}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.statements)

    def __len__(self) -> int:
        return len(self.statements)


def _split(text: str, source: str) -> Iterator[Statement]:
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if NAME.match(line)]
    head = lines[: starts[0]] if starts else lines
    for number, line in enumerate(head, 1):
        if line.strip() and not line.lstrip().startswith("--"):
            raise ValueError(f"{source}:{number}: SQL before the first name")
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield _statement(lines[start:end], start + 1, source)


def _statement(lines: list[str], number: int, source: str) -> Statement:
    found = NAME.match(lines[0])
    name = found[1] if found else ""
    if not GOOD_NAME.match(name):
        raise ValueError(f"{source}:{number}: {name!r} is not a name (small letters, digits, underscores)")
    described = 1
    while described < len(lines) and lines[described].startswith("--"):
        described += 1
    description = " ".join(line.lstrip("- ").strip() for line in lines[1:described])
    body = lines[described:]
    if not description:
        raise ValueError(f"{source}:{number}: {name} has no description")
    if not any(line.strip() and not line.lstrip().startswith("--") for line in body):
        raise ValueError(f"{source}:{number}: {name} has no SQL")
    return Statement(name, description, "\n".join(body).strip().removesuffix(";"), number)
