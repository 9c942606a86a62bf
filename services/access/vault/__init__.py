"""Personal data of applicants, each request under a key of its own that can be destroyed (I7)."""
