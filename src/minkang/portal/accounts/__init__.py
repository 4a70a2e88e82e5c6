"""People's accounts: Django's users and sessions, and the access an account has to records."""
