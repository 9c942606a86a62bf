"""Deletion certificates: composed from what the log says, proved by the audit tree, checked by anybody offline."""
