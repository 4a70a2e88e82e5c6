"""The person index: who is who, at once and in bulk, reversible and explained (norms, sections 4.7 and 4.10)."""
