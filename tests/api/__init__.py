"""The API of all four services asked by every role, and with requests that nobody would think of."""
