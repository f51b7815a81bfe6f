"""A real small cloud on one Linux machine, made with the drivers that the product uses."""
