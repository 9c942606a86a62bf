"""What those who run an installation need: migrate, fsck, replay, dead letters, doctor, people."""
