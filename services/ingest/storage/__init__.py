"""Where bytes lie: stores that never overwrite, and, apart from them, the one module that can delete."""
