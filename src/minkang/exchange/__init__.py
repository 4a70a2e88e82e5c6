"""Records in and out: what institutions send, read as it comes."""
