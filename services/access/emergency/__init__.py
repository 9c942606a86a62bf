"""Break-glass: a role for an hour when its holder can't be reached. Each step and each act under it is on the log."""
