"""Who asks, and what that caller may do. Every call of the record store takes an `Access`."""

from minkang.access.callers import Access, program_access
from minkang.access.scopes import Interaction, Scope, parse_scopes

__all__ = ["Access", "Interaction", "Scope", "parse_scopes", "program_access"]
