"""Requests and the chain of signatures that decides them; a grant is derived, never entered."""
