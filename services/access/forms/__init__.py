"""Application forms on paper: the pack's own sheet, filled from what the log and the vault hold of one request."""
