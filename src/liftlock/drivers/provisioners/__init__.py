"""Who makes hosts and removes them."""
