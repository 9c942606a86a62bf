"""The protection log: holds, open requests, rescues, binding policy versions and clearances (A0 to A6)."""
