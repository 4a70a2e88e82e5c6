"""FHIR as senders send it: bundles, NDJSON, bulk exports, and the readings of devices."""
