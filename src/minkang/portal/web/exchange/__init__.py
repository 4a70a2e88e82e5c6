"""What institutions send: senders, ledger, rejects, codes without a map, mappings, quality, and files taken in."""
