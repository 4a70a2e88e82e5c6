"""Tokens to a syntax tree, by operator precedence (FHIRPath 2.0, "Operator Precedence")."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import NoReturn

from minkang.errors import Fault
from minkang.fhir.path.lexer import Word, split
from minkang.fhir.path.temporal import Temporal
from minkang.fhir.path.tree import (
    Call,
    Index,
    Item,
    Literal,
    Member,
    Node,
    Operation,
    QuantityLiteral,
    Sign,
    This,
    TypeTest,
    Variable,
)

# How tightly each operator binds, loosest first; all of them group from the left.
_LEVELS = (
    ("implies",),
    ("or", "xor"),
    ("and",),
    ("in", "contains"),
    ("=", "~", "!=", "!~"),
    ("<=", "<", ">", ">="),
    ("|",),
    ("is", "as"),
    ("+", "-", "&"),
    ("*", "/", "div", "mod"),
)
BINDING = {operator: level for level, operators in enumerate(_LEVELS, 1) for operator in operators}
_UNARY = len(_LEVELS) + 1
_UNITS = frozenset(
    unit + ending
    for unit in ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")
    for ending in ("", "s")
)
DEEPEST = 100


@lru_cache(maxsize=2048)
def parse(text: str) -> Node:
    """The tree of an expression; remembered, since the same few are asked again and again.

    Raises:
        Fault: FHIRPATH-001, -002 or -003 with the position, FHIRPATH-008 when too long or too deep.
    """
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.words = split(text)
        self.place = 0
        self.depth = 0

    def whole(self) -> Node:
        tree = self.expression(0)
        if self.next.kind != "end":
            self.unexpected()
        return tree

    @property
    def next(self) -> Word:
        return self.words[self.place]

    def take(self) -> Word:
        word = self.next
        self.place += 1
        return word

    def expect(self, symbol: str) -> None:
        if self.next.text != symbol or self.next.kind != "symbol":
            self.unexpected()
        self.place += 1

    def unexpected(self) -> NoReturn:
        word = self.next
        if word.kind == "end":
            raise Fault("FHIRPATH-003", where=self.text)
        raise Fault("FHIRPATH-002", where=self.text, found=word.text, position=word.at + 1)

    def expression(self, binding: int) -> Node:
        """An expression whose operators all bind tighter than `binding`."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Fault("FHIRPATH-008", where=self.text[:40] + "…", limit=DEEPEST)
        left = self.unary()
        while self.next.kind in {"symbol", "name"} and BINDING.get(self.next.text, 0) > binding:
            word = self.take()
            if word.text in {"is", "as"}:
                left = TypeTest(word.text, left, self.type_name(), word.at)
            else:
                left = Operation(word.text, left, self.expression(BINDING[word.text]), word.at)
        self.depth -= 1
        return left

    def unary(self) -> Node:
        if self.next.kind == "symbol" and self.next.text in {"+", "-"}:
            word = self.take()
            return Sign(word.text, self.expression(_UNARY), word.at)
        return self.steps(self.term())

    def steps(self, source: Node) -> Node:
        """The members, calls and indexes that follow a term."""
        while self.next.kind == "symbol" and self.next.text in {".", "["}:
            word = self.take()
            if word.text == "[":
                source = Item(source, self.expression(0), word.at)
                self.expect("]")
            else:
                source = self.invocation(source)
        return source

    def invocation(self, source: Node) -> Node:
        word = self.take()
        if word.kind == "special":
            return self.special(word)
        if word.kind not in {"name", "quoted"}:
            self.place -= 1
            self.unexpected()
        if word.kind == "name" and self.next.text == "(" and self.next.kind == "symbol":
            return Call(source, word.text, self.arguments(), word.at)
        return Member(source, word.text, word.at)

    def arguments(self) -> tuple[Node, ...]:
        self.expect("(")
        found: list[Node] = []
        if self.next.text != ")" or self.next.kind != "symbol":
            found.append(self.expression(0))
            while self.next.text == "," and self.next.kind == "symbol":
                self.place += 1
                found.append(self.expression(0))
        self.expect(")")
        return tuple(found)

    def term(self) -> Node:  # noqa: PLR0911 - one return a kind of term
        word = self.next
        if word.kind in {"name", "quoted"} and word.text not in {"true", "false"}:
            return self.invocation(This(word.at))
        self.place += 1
        match word.kind, word.text:
            case "name", _:
                return Literal(word.text == "true", word.at)
            case "string", _:
                return Literal(word.text, word.at)
            case "number", _:
                return self.number(word)
            case "temporal", _:
                return self.temporal(word)
            case "variable", _:
                return Variable(word.text, word.at)
            case "special", _:
                return self.special(word)
            case "symbol", "(":
                inner = self.expression(0)
                self.expect(")")
                return inner
            case "symbol", "{":
                self.expect("}")
                return Literal(None, word.at)
        self.place -= 1
        return self.unexpected()

    def special(self, word: Word) -> Node:
        if word.text == "$this":
            return This(word.at)
        if word.text == "$index":
            return Index(word.at)
        raise Fault("FHIRPATH-002", where=self.text, found=word.text, position=word.at + 1)

    def number(self, word: Word) -> Node:
        after = self.next
        if after.kind == "string" or (after.kind == "name" and after.text in _UNITS):
            self.place += 1
            return QuantityLiteral(Decimal(word.text), after.text, word.at)
        return Literal(Decimal(word.text) if "." in word.text else int(word.text), word.at)

    def temporal(self, word: Word) -> Node:
        value = Temporal.parse(word.text[1:])
        if value is None:
            raise Fault("FHIRPATH-002", where=self.text, found=word.text, position=word.at + 1)
        return Literal(value, word.at)

    def type_name(self) -> str:
        """`Patient`, `FHIR.Patient` or `System.String`."""
        word = self.take()
        if word.kind not in {"name", "quoted"}:
            self.place -= 1
            self.unexpected()
        name = word.text
        while self.next.text == "." and self.words[self.place + 1].kind in {"name", "quoted"}:
            if name not in {"FHIR", "System"}:
                break
            self.place += 1
            name = f"{name}.{self.take().text}"
        return name
