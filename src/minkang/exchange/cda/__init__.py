"""Clinical documents (HL7 CDA R2) as WS/T 500 and WS/T 483 describe them: read, written, shown to people.

What a document type holds is data (`data/*.csv`), not code: see `catalogue`. `connector.Documents` is the connector for
the intake, `writing.write_document` makes a document of stored resources, `showing.to_html` shows one.
"""
