"""The pure core: time, ids, envelope, events and the decisions on them. Standard library only, no input, no output."""
