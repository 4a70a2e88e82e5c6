"""The `minkang` command."""
