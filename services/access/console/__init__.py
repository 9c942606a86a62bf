"""The console that an agency works in: server-made pages over the same routes that the API has. No rule of its own."""
