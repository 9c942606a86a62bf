"""Much viewing by one person: another person looks into it and says on the log what he found."""
