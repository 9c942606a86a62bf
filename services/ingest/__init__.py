"""Custody: what footage there is, where its bytes lie, and the last word before they go."""
