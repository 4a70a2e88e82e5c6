"""FHIR R4 (4.0.1): types, paths and search."""
