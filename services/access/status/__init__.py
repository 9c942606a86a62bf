"""One page and one document that say how the whole system stands."""
