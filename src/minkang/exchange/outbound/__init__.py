"""What goes out: notifications of subscribers, documents on demand, and the reports to the city."""
