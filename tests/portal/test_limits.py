"""Limits hold while a body is read, not after, and depth is measured exactly."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minkang.errors import Fault
from minkang.portal.api.limits import check_depth, read_body

VALUES = st.recursive(
    st.one_of(st.text(alphabet='{}[]"\\a,:', max_size=8), st.integers(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=20,
)


def depth(value: Any) -> int:
    """Nesting, found the plain way."""
    if isinstance(value, dict):
        return 1 + max((depth(one) for one in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((depth(one) for one in value), default=0)
    return 0


@given(VALUES, st.booleans())
def test_depth_is_what_a_plain_reader_counts(value: Any, ascii_only: bool) -> None:
    """Refused exactly from one level beyond the limit, whatever brackets and quotes stand in strings."""
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    levels = depth(value)
    check_depth(body, levels)
    if levels:
        with pytest.raises(Fault, match="REST-014"):
            check_depth(body, levels - 1)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 61 + b"1", b"[{" * 40])
def test_unclosed_nesting_is_refused_too(body: bytes) -> None:
    """What never closes cannot be used to make a decoder recurse."""
    with pytest.raises(Fault, match="REST-014"):
        check_depth(body, 60)


@pytest.mark.parametrize("body", [b"", b"}}}}" * 1000, b'"', b'{"a": "\\', b"\xff\xfe[[", b'{"a": [1, 2}'])
def test_what_is_no_json_is_left_to_the_decoder(body: bytes) -> None:
    """Broken text of little depth passes here."""
    check_depth(body, 60)


class Trickle(io.BytesIO):
    """A stream that gives at most a thousand bytes a read, and counts them."""

    given = 0

    def read(self, size: int | None = -1, /) -> bytes:
        part = super().read(min(1000, size) if size and size > 0 else 1000)
        self.given += len(part)
        return part


def test_an_undeclared_body_is_cut_off_while_it_is_read() -> None:
    """A caller without Content-Length does not fill the memory."""
    stream = Trickle(b"x" * 1_000_000)
    with pytest.raises(Fault, match="REST-010"):
        read_body(stream, length=None, encoding="", most=10_000)
    assert stream.given <= 11_000


def test_a_declared_body_over_the_limit_is_not_read_at_all() -> None:
    """The header is enough to refuse."""
    stream = Trickle(b"x" * 20_000)
    with pytest.raises(Fault, match="REST-010"):
        read_body(stream, length=20_000, encoding="", most=10_000)
    assert stream.given == 0


def test_a_small_compressed_body_cannot_unfold_into_a_large_one() -> None:
    """A bomb of a thousand to one is refused at the limit."""
    bomb = gzip.compress(b"0" * 10_000_000)
    assert len(bomb) < 20_000
    with pytest.raises(Fault, match="REST-010"):
        read_body(io.BytesIO(bomb), length=len(bomb), encoding="gzip", most=1_000_000)


@given(st.binary(max_size=5000), st.booleans())
def test_bodies_arrive_whole(body: bytes, declared: bool) -> None:
    """Plain or compressed, declared or not, what was sent is what is read."""
    length = len(body) if declared else None
    assert read_body(Trickle(body), length=length, encoding="", most=5000) == body
    packed = gzip.compress(body)
    assert read_body(Trickle(packed), length=len(packed), encoding="gzip", most=10_000) == body


@pytest.mark.parametrize(
    ("body", "length", "encoding", "code"),
    [
        (b"abc", 10, "", "REST-013"),
        (b"not gzip", 8, "gzip", "REST-012"),
        (gzip.compress(b"abc", mtime=0)[:-6], None, "gzip", "REST-012"),
        (b"abc", 3, "br", "REST-011"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(body: bytes, length: int | None, encoding: str, code: str) -> None:
    """Cut short, not gzip, cut gzip, another compression."""
    with pytest.raises(Fault, match=code):
        read_body(io.BytesIO(body), length=length, encoding=encoding, most=1000)
