"""Database servers: looked at, copied, restored; one file per technology."""
