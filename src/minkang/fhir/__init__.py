"""FHIR R4 (4.0.1): types, paths and search."""

from minkang.fhir.codec import decode, decode_shallow, encode, encode_part
from minkang.fhir.r4.datatypes import Resource
from minkang.fhir.types import is_resource_type, resource_type, struct_of, type_names

__all__ = [
    "Resource",
    "decode",
    "decode_shallow",
    "encode",
    "encode_part",
    "is_resource_type",
    "resource_type",
    "struct_of",
    "type_names",
]
