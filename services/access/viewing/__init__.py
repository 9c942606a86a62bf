"""Viewings and copies: recorded on the log before the first byte leaves (I4)."""
