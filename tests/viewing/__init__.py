"""Cedar's policies for viewings held against a plain model of the same rules, on random requests."""
