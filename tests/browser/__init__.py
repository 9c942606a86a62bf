"""The console in a real browser: people's paths, every page for everybody, and every number against its owner."""
