"""Configuration of services; one file per way it is kept."""
