"""How a run survives: the journal read into a state, and the loop that goes on from there. Knows no step by name."""
