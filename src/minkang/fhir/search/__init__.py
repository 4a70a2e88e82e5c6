"""FHIR R4 search: parameters, the keys a resource is found by, queries and what they mean. No I/O."""

from minkang.fhir.search.extraction import extract, presence
from minkang.fhir.search.keys import Keys
from minkang.fhir.search.parameters import Branch, SearchParameter, parameters_of, search_parameter
from minkang.fhir.search.query import Query

__all__ = [
    "Branch",
    "Keys",
    "Query",
    "SearchParameter",
    "extract",
    "parameters_of",
    "presence",
    "search_parameter",
]
