"""Surveillance: detectors, cases, signals and events."""
