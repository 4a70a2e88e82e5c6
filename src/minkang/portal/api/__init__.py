"""Interfaces for programs: FHIR at `/fhir`, tokens at `/oauth`, health at `/healthz` and `/readyz`."""
