"""Bulk export (FHIR Bulk Data Access 2.0.0): kick-off, progress, files, cancellation."""
