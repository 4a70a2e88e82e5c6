"""The pages people see, rendered by the server."""
