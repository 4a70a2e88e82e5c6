"""The population register: one row a person, the best values and their sources, births and deaths reconciled."""
