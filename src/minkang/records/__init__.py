"""The record store: FHIR resources, versioned, searchable, in one change feed."""
