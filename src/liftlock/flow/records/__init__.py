"""What the journal tells: where a run is, what it did, who did what, what users felt."""
