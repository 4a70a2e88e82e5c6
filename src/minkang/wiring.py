"""Where the parts of the platform are put together."""

from __future__ import annotations

# Packages that keep state in the database, lower floors first: the order in which their migrations run.
MIGRATED_PACKAGES = ("minkang.access", "minkang.records")
