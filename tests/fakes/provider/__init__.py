"""A real OpenID provider on this machine, and browsers that sign in at it through its own pages."""
