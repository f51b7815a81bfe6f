"""Everything that may be done to a cloud: read this room to audit us."""
