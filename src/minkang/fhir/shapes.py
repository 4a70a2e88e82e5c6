"""What the generated types are made of: field types, and the checks between fields.

The field types say to msgspec what it can check by itself while it reads (kind, length, range, number of items). What
it cannot is done by the `__post_init__` of a generated type with the functions here and in `formats`. A type without
one takes the patterned field types (`Uri`); a type with one takes the plain (`UriText`) and tests the form itself,
which is twice as quick.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Optional, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from minkang.fhir.broken import Broken
from minkang.fhir.formats import PATTERNS

T = TypeVar("T")
LONGEST_TEXT = 1024 * 1024
"""Characters of a string (R4, "string": 1 MB)."""

if TYPE_CHECKING:
    Opt: TypeAlias = Optional[T]  # noqa: UP045  (a generic alias needs the old spelling)
    DecimalNumber = Decimal
else:

    class Opt:
        """`Opt[X]`: an element that may be absent (None) but never `null` in JSON.

        To mypy it is `X | None`. To msgspec it is `X` with the default None, so that a `null` is refused.
        """

        def __class_getitem__(cls, item):
            return item

    DecimalNumber = object  # read by the hook `read_decimal`: msgspec's own Decimal also takes strings

Some = Annotated[list[T], Meta(min_length=1)]
"""A repeating element: at least one item where it is present."""
Holed = Annotated[list[T | None], Meta(min_length=1)]
"""A repeating primitive: None where only `_name` has something at that index."""

String = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
Markdown = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
Xhtml = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
Boolean = bool
Integer = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
UnsignedInt = Annotated[int, Meta(ge=0, le=2**31 - 1)]
PositiveInt = Annotated[int, Meta(ge=1, le=2**31 - 1)]

Base64Binary = Annotated[str, Meta(min_length=1, pattern=PATTERNS["base64Binary"])]
Canonical = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT, pattern=PATTERNS["canonical"])]
Code = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT, pattern=PATTERNS["code"])]
Date = Annotated[str, Meta(min_length=1, pattern=PATTERNS["date"])]
DateTime = Annotated[str, Meta(min_length=1, pattern=PATTERNS["dateTime"])]
Id = Annotated[str, Meta(min_length=1, pattern=PATTERNS["id"])]
Instant = Annotated[str, Meta(min_length=1, pattern=PATTERNS["instant"])]
Oid = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT, pattern=PATTERNS["oid"])]
Time = Annotated[str, Meta(min_length=1, pattern=PATTERNS["time"])]
Uri = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT, pattern=PATTERNS["uri"])]
Url = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT, pattern=PATTERNS["url"])]
Uuid = Annotated[str, Meta(min_length=1, pattern=PATTERNS["uuid"])]

Base64BinaryText = Annotated[str, Meta(min_length=1)]
CanonicalText = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
CodeText = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
DateText = Annotated[str, Meta(min_length=1)]
DateTimeText = Annotated[str, Meta(min_length=1)]
IdText = Annotated[str, Meta(min_length=1)]
InstantText = Annotated[str, Meta(min_length=1)]
OidText = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
TimeText = Annotated[str, Meta(min_length=1)]
UriText = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
UrlText = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
UuidText = Annotated[str, Meta(min_length=1)]


def json_name(attribute: str) -> str:
    """The JSON property of a struct attribute: `class_` is `class`, `birthDate__ext` is `_birthDate`."""
    if attribute.endswith("__ext"):
        return "_" + attribute[:-5]
    return attribute.rstrip("_")


def check_required(struct: msgspec.Struct, attribute: str) -> None:
    """Called where a required primitive is absent: good only where its extension stands for it."""
    if getattr(struct, f"{attribute.rstrip('_')}__ext", None) is None:
        raise Broken("FHIR-010", json_name(attribute), name=json_name(attribute))


def check_choice(struct: msgspec.Struct, stem: str, names: str, required: bool) -> None:
    """Called where a choice element is given not exactly once: settles whether that is a fault.

    Args:
        struct: the struct.
        stem: the element's name (`value`).
        names: its JSON names, separated by spaces.
        required: whether one must be given.

    Raises:
        Broken: `FHIR-014` where two types are given, `FHIR-015` where a required choice is absent.
    """
    given = [
        name
        for name in names.split()
        if getattr(struct, name, None) is not None or getattr(struct, f"{name}__ext", None) is not None
    ]
    if len(given) > 1:
        raise Broken("FHIR-014", given[1], element=f"{stem}[x]", given=", ".join(given))
    if required and not given:
        raise Broken("FHIR-015", f"{stem}[x]", names=", ".join(names.split()))


def check_holes(values: list[Any] | None, extensions: list[Any] | None, name: str) -> None:
    """A repeating primitive and its extensions: as long as each other, and at no index both empty.

    Raises:
        Broken: `FHIR-016` for different lengths, `FHIR-017` for an index without value and extension.
    """
    if extensions is not None and values is not None and len(values) != len(extensions):
        raise Broken("FHIR-016", name, name=name, values=len(values), extensions=len(extensions))
    for index in range(len(values or extensions or ())):
        if (values is None or values[index] is None) and (extensions is None or extensions[index] is None):
            raise Broken("FHIR-017", f"{name}[{index}]")
