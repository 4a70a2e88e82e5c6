"""Benchmark series with known outbreaks, and how well alarms found them."""
