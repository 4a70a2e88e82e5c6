"""The FHIR R4 RESTful interface, as functions from a request, a record store and an access to a response.

Nothing here knows a database or a web framework: `routes` is a table, handlers return responses or raise faults, and
`outcomes` is the one place where a fault becomes an OperationOutcome.
"""
