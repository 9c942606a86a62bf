"""Faults on the real thing: three brokers, a database, every service in two processes, and a checker of its own."""
