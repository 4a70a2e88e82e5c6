"""The doors that speak HTTP: the FHIR interface, tokens for service clients, and the pages people see."""
