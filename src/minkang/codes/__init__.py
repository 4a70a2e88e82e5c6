"""Code systems and identifiers of Chinese health data: what a number means and whether it can be right."""
