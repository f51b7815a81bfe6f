"""One cloud at one moment as frozen values, how they are compared and kept, and the operator's cloud file."""
