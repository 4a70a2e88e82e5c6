"""Patches as a caller sends them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Patch(Struct, frozen=True):
    """A patch, not yet applied.

    Attributes:
        kind: `json` for JSON Patch (RFC 6902), `fhirpath` for a FHIRPath Patch (fhirpatch.html), a Parameters resource.
        body: the document as it came.
    """

    kind: Literal["json", "fhirpath"]
    body: bytes
