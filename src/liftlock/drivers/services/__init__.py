"""Service supervisors; one file per technology."""
