"""Minkang 民康: a regional health platform."""

__version__ = "0.1.0"
