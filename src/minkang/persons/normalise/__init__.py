"""What a registration wrote, brought to one form: pure functions, no look at any other record."""
