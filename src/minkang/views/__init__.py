"""ViewDefinitions (SQL on FHIR v2): read, checked, and compiled to SQL; no input or output here."""
