"""Tables as institutions export them (CSV, Excel), read by mapping files: one row is one message."""
