"""Institutions, their staff and places from the record store; regions from their folders."""
