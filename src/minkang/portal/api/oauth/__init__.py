"""Tokens for service clients: OAuth 2 client credentials, as SMART Backend Services 2.2.0 uses them."""
