"""Benchmarks: one command a figure, peers side by side in the same run."""
