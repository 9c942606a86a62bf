"""The last word before bytes go: steps C0 to C7 of the deletion protocol. Only this package may delete."""
