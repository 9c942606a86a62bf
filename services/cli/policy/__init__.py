"""``camledger policy``: list, show, test and adopt policy packs."""
