"""The audit log: redacted entries in one tree, which strangers can check without trusting us (I8)."""
