"""The deletion and hold statistic: one page that says what was recorded, what went with a receipt, and what stays."""
