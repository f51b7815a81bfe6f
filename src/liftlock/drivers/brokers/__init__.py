"""Message brokers; one file per technology."""
