"""FHIR R4 search: parameters, the keys a resource is found by, queries and what they mean. No I/O."""

from minkang.fhir.search.extraction import extract, present
from minkang.fhir.search.keys import Keys
from minkang.fhir.search.matching import Found, World, matches, ordered, satisfies, sort_key
from minkang.fhir.search.parameters import (
    Branch,
    SearchParameter,
    identifier_branch,
    of_type_branch,
    parameters_of,
    search_parameter,
)
from minkang.fhir.search.query import Query
from minkang.fhir.search.reading import parse_query
from minkang.fhir.search.subset import is_subset, subset
from minkang.fhir.search.text import fold
from minkang.fhir.search.values import Limits

__all__ = [
    "Branch",
    "Found",
    "Keys",
    "Limits",
    "Query",
    "SearchParameter",
    "World",
    "extract",
    "fold",
    "identifier_branch",
    "is_subset",
    "matches",
    "of_type_branch",
    "ordered",
    "parameters_of",
    "parse_query",
    "present",
    "satisfies",
    "search_parameter",
    "sort_key",
    "subset",
]
