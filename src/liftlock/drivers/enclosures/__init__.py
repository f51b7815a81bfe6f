"""Places that are cut off, one file per way to cut them off."""
