"""A first cloud file for a cloud that nobody has declared yet."""
