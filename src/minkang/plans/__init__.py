"""Health plans of governments: read from the document they were printed in, kept with every correction."""
