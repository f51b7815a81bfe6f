"""Where the journal lies."""
