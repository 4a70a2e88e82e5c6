"""Notices: what an account should know, kept until read."""
