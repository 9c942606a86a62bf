"""People of an OpenID Connect provider: what it signs is checked, and becomes the Person that the people file gives."""
