"""Retention: what is due, held and overdue. It proposes deletions by command and decides none (R1 to R3)."""
