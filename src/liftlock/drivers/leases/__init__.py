"""Where it is written down whose a cloud is."""
