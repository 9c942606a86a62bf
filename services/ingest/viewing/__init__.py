"""Viewing copies: what a browser can play of footage that it can't, lent to access and gone with the original."""
