"""Ways to run a program on a host, and the fence in front of each."""
