"""A cloud's own configuration rewritten for another release: pure functions from texts to texts and reasons."""
