"""Faults planted in a copy of the shipped source, one by one and in pairs: each must be noticed by a named test."""
