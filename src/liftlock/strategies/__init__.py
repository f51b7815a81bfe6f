"""Ways to arrange steps into stages: pure functions of a snapshot."""
