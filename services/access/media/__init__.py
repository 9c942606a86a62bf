"""The media gateway: which bytes of a granted viewing may leave now, and how they do."""
