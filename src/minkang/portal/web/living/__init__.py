"""The living page `/design`: every component in every state, with made-up figures."""
