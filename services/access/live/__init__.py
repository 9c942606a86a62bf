"""Live pictures: one camera for one person at a time, passed on from memory, cut when the policy's period ends."""
