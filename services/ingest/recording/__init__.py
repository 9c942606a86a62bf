"""A recorder as cities have them, for the demo and for tests. It knows nothing of camledger: they share a folder."""
