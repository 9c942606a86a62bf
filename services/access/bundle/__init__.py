"""All copies of one request in a file that a stranger can check: footage, lineage, audit extract, verifier, receipt."""
