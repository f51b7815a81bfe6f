"""Reasons to hold a run or to go back while it is under way: one file each, with a `post`."""
