"""FHIR R4 search: parameters, the keys a resource is found by, queries and what they mean. No I/O."""
