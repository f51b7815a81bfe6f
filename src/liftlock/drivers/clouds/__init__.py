"""A cloud's own API: its catalogue, workers, users' things and hypervisors."""
