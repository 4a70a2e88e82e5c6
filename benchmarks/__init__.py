"""Measurements with a peer or a limit in the same run; `make bench` writes them into docs/reference/performance.md."""
