"""Questions asked of a snapshot: one file each, named after what is found when the answer is bad. Pure."""
