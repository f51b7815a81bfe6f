"""Reading hosts; one file per operating system."""
