"""Versions of policy packs: adopted under change control, bound on the protection log (A3)."""
