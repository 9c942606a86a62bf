"""Replay: one projection built anew beside the live one, compared, and switched in one transaction."""
